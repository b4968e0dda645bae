"""What is allowed and yet probably not meant, each with its place."""

from collections.abc import Iterator, Mapping, Sequence

from soc.rulebook.filters import Filter
from soc.rulebook.plan import CorrelationPlan, RulePlan


def lint(
    rules: Sequence[RulePlan], filters: Sequence[Filter], correlations: Sequence[CorrelationPlan]
) -> Iterator[str]:
    """Yield a located warning for everything that looks wrong and still works."""
    headings = [*(rule.heading for rule in rules), *(plan.heading for plan in correlations)]
    known = {name for heading in headings for name in (heading.id, heading.name)}
    for found in filters:
        if found.warning:
            yield found.warning
        for name in found.rules or ():
            if name not in known:
                yield f"{found.location}: filter of {name!r}, which no rule is called"
    for rule in rules:
        if not rule.routed:
            place, source = rule.heading.location, _shown(rule)
            yield f"{place}: no mapping knows the log source {source}; tried on every event"
    by_id = {plan.id: plan for plan in correlations}
    for plan in correlations:
        yield from _unseen_children(plan, by_id)


def _unseen_children(plan: CorrelationPlan, by_id: Mapping[str, CorrelationPlan]) -> Iterator[str]:
    aliases = {(group, rule): field for group, fields in plan.aliases for rule, field in fields}
    for child in (by_id[rule] for rule in dict.fromkeys(plan.rules) if rule in by_id):
        has = {*child.group_by, *(() if child.province else ("soc.agency",))}
        for group in plan.group_by:
            field = aliases.get((group, child.id), group)
            if field not in has:
                yield (
                    f"{plan.heading.location}: never counts {child.heading.title!r}, "
                    f"whose episodes have no {field!r} to group by"
                )


def _shown(rule: RulePlan) -> str:
    source = rule.logsource
    parts = {"product": source.product, "category": source.category, "service": source.service}
    return ", ".join(f"{key}: {value}" for key, value in parts.items() if value)
