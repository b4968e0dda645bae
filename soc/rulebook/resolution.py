"""References between rules: names become ids, parents follow children, rejection spreads upwards."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from graphlib import TopologicalSorter
from typing import assert_never

import msgspec

from soc.kernel.errors import RuleError
from soc.kernel.ids import digest
from soc.rulebook.conditions import Both, Condition, Either, Of, Ref, Without, names_in
from soc.rulebook.correlations import Draft
from soc.rulebook.documents import Fault, nearest
from soc.rulebook.expressions import All, Any_, Expression, Name, Negated
from soc.rulebook.plan import CorrelationPlan, CorrelationType, Heading, Operator, RulePlan

HOUR_MS = 3_600_000


class Names:
    """Who is meant by a rule's id or name."""

    def __init__(self, headings: Iterable[Heading], rejected: frozenset[str]) -> None:
        """Know *headings*; *rejected* are ids and names of rules that could not be loaded."""
        self._ids: dict[str, set[str]] = {}
        self._rejected = rejected
        for found in headings:
            for name in {found.id, found.name} - {None}:
                self._ids.setdefault(str(name), set()).add(found.id)

    def id_of(self, name: str, *keys: str | int) -> str:
        """Return the id of the rule called *name*.

        Raises:
            Fault: nobody, or more than one, is called so; or the rule was rejected.
        """
        found = self._ids.get(name, set())
        if len(found) == 1:
            return next(iter(found))
        if found:
            raise Fault(f"{name!r} is the name of several rules", *keys, fix="use an id")
        if name in self._rejected:
            raise Fault(f"{name!r} was rejected", *keys)
        raise Fault(f"no rule has the id or name {name!r}", *keys, fix=nearest(name, self._ids, "rules"))


@dataclass(frozen=True, slots=True)
class Resolved:
    """Correlations whose references stand."""

    plans: list[CorrelationPlan]
    """Children first."""
    errors: list[RuleError]
    loud: dict[str, bool]
    """Id of a rule that is named → whether one that names it says ``generate: true``."""


def resolve(drafts: Sequence[Draft], rules: Sequence[RulePlan], rejected: frozenset[str]) -> Resolved:
    """Return the correlations of *drafts* and the errors of those that cannot be."""
    errors: list[RuleError] = []
    standing = list(drafts)
    provinces = {d.heading.id for d in drafts if d.custom.scope == "province"}
    while True:
        headings = [*(rule.heading for rule in rules), *(d.heading for d in standing)]
        names = Names(headings, rejected)
        links, faults = _links(standing, names)
        faults = faults or _cycles(standing, links) or _scopes(standing, links, provinces)
        if not faults:
            break
        errors += [fault_draft.document.located(fault) for fault_draft, fault in faults]
        dropped = [fault_draft for fault_draft, _ in faults]
        rejected |= {name for d in dropped for name in (d.heading.id, d.heading.name) if name}
        standing = [d for d in standing if d not in dropped]
    loud = _loudness(standing, links)
    ordered = _ordered(standing, links)
    return Resolved([_plan(d, links[d.heading.id], names, loud) for d in ordered], errors, loud)


def implicit(rule: RulePlan, entities: tuple[str, ...]) -> CorrelationPlan:
    """Return the correlation that a plain rule is by itself: any signal, one hour, one entity."""
    group_by = rule.custom.group_by
    return CorrelationPlan(
        heading=rule.heading,
        type=CorrelationType.EVENT_COUNT,
        rules=(rule.id,),
        group_by=group_by or (),
        timespan_ms=rule.custom.timespan_ms or HOUR_MS,
        operators=((Operator.GTE, Decimal(1)),),
        expression=None,
        fields=(),
        percentile=None,
        aliases=(),
        custom=rule.custom,
        silent=False,
        implicit=True,
        version=rule.version,
        implicit_entities=() if group_by else entities,
    )


Faults = list[tuple[Draft, Fault]]
Links = dict[str, tuple[str, ...]]


def _links(drafts: Sequence[Draft], names: Names) -> tuple[Links, Faults]:
    links: Links = {}
    faults: Faults = []
    for draft in drafts:
        try:
            links[draft.heading.id] = tuple(
                names.id_of(name, "correlation", "rules", i) for i, name in enumerate(draft.rules)
            )
            _check_inner_names(draft, links[draft.heading.id], names)
        except Fault as fault:
            faults.append((draft, fault))
    return links, faults


def _check_inner_names(draft: Draft, rules: tuple[str, ...], names: Names) -> None:
    for name in names_in(draft.expression) if draft.expression else ():
        if names.id_of(name, "correlation", "condition") not in rules:
            raise Fault(f"{name!r} is not among the rules", "correlation", "condition")
    for group, fields in draft.aliases.items():
        if group not in draft.group_by:
            raise Fault(f"alias {group!r} is not in group-by", "correlation", "aliases", group)
        for name in fields:
            if names.id_of(name, "correlation", "aliases", group, name) not in rules:
                raise Fault(f"{name!r} is not among the rules", "correlation", "aliases", group, name)


def _cycles(drafts: Sequence[Draft], links: Links) -> Faults:
    def reaches(start: str) -> bool:
        seen: set[str] = set()
        waiting = list(links.get(start, ()))
        while waiting:
            found = waiting.pop()
            if found == start:
                return True
            if found not in seen:
                seen.add(found)
                waiting += links.get(found, ())
        return False

    place = ("correlation", "rules")
    return [
        (d, Fault("names itself, directly or through others", *place))
        for d in drafts
        if reaches(d.heading.id)
    ]


def _scopes(drafts: Sequence[Draft], links: Links, provinces: set[str]) -> Faults:
    return [
        (d, Fault("names a province correlation and must be one", "custom", fix="custom: {scope: province}"))
        for d in drafts
        if d.custom.scope != "province" and not provinces.isdisjoint(links[d.heading.id])
    ]


def _loudness(drafts: Sequence[Draft], links: Links) -> dict[str, bool]:
    found: dict[str, bool] = {}
    for draft in drafts:
        for rule_id in links[draft.heading.id]:
            found[rule_id] = found.get(rule_id, False) or draft.generate
    return found


def _ordered(drafts: Sequence[Draft], links: Links) -> list[Draft]:
    by_id = {d.heading.id: d for d in drafts}
    return [by_id[name] for name in TopologicalSorter(links).static_order() if name in by_id]


def _plan(draft: Draft, rules: tuple[str, ...], names: Names, loud: Mapping[str, bool]) -> CorrelationPlan:
    aliases = tuple(
        (group, tuple((names.id_of(name), field) for name, field in fields.items()))
        for group, fields in draft.aliases.items()
    )
    expression = None if draft.expression is None else _expression(draft.expression, names)
    meaning = (
        draft.type,
        rules,
        draft.group_by,
        draft.timespan_ms,
        draft.operators,
        expression,
        draft.fields,
        draft.percentile,
        aliases,
        draft.custom,
    )
    return CorrelationPlan(
        heading=draft.heading,
        type=draft.type,
        rules=rules,
        group_by=draft.group_by,
        timespan_ms=draft.timespan_ms,
        operators=draft.operators,
        expression=expression,
        fields=draft.fields,
        percentile=draft.percentile,
        aliases=aliases,
        custom=draft.custom,
        silent=not loud.get(draft.heading.id, True),
        implicit=False,
        version=digest(msgspec.json.encode(meaning)),
    )


def _expression(tree: Condition, names: Names) -> Expression:
    match tree:
        case Ref(name):
            return Name(names.id_of(name))
        case Both(parts):
            return All(tuple(_expression(part, names) for part in parts))
        case Either(parts):
            return Any_(tuple(_expression(part, names) for part in parts))
        case Without(part):
            return Negated(_expression(part, names))
        case Of():
            raise Fault("'of' is not for correlations", "correlation", "condition")
        case _:
            assert_never(tree)
