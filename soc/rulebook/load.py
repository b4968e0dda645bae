"""Rule files → a rulebook: everything that can be used, and every fault of what cannot, at once."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import msgspec

from soc.kernel.errors import RuleError
from soc.kernel.ids import digest
from soc.model.event import LogSource
from soc.rulebook.correlations import Draft, draft
from soc.rulebook.detections import Placeholders, compile_detection, fields_of
from soc.rulebook.documents import Document, Fault, RuleFile, documents, read_rule_files
from soc.rulebook.filters import Filter, compile_filter
from soc.rulebook.headings import custom, heading, logsource
from soc.rulebook.lint import lint
from soc.rulebook.plan import Node, Rulebook, RulePlan
from soc.rulebook.resolution import implicit, resolve

Known = Callable[[LogSource], bool]
Entities = Callable[[LogSource], tuple[str, ...]]
__all__ = ["RuleFile", "load", "read_rule_files"]


@dataclass(slots=True)
class _Loading:
    """What was read so far."""

    rules: list[RulePlan] = field(default_factory=list)
    filters: list[Filter] = field(default_factory=list)
    drafts: list[Draft] = field(default_factory=list)
    errors: list[RuleError] = field(default_factory=list)
    rejected: set[str] = field(default_factory=set)
    """Ids and names of rules that could not be read."""
    places: dict[str, str] = field(default_factory=dict)
    """Rule id → where it was read first."""


def load(
    files: Sequence[RuleFile],
    *,
    known: Known,
    entities: Entities,
    placeholders: Mapping[str, tuple[str, ...]] | None = None,
) -> Rulebook:
    """Return the rulebook of *files*; one bad rule never stops the others.

    *known* tells whether a log source has a mapping (a rule of another is tried on every event);
    *entities* names the fields a plain rule's alerts are grouped by.
    """
    loading = _Loading()
    for file in files:
        found, errors = documents(file)
        loading.errors += errors
        for document in found:
            _read(document, loading, placeholders or {})
    rules = [_finished(rule, loading.filters, known) for rule in loading.rules]
    resolved = resolve(loading.drafts, rules, frozenset(loading.rejected))
    plain = [implicit(rule, entities(rule.logsource)) for rule in rules if resolved.loud.get(rule.id, True)]
    correlations = (*plain, *resolved.plans)
    versions = [*(rule.version for rule in rules), *(plan.version for plan in resolved.plans)]
    return Rulebook(
        rules=tuple(rules),
        correlations=correlations,
        errors=tuple(str(error) for error in (*loading.errors, *resolved.errors)),
        warnings=tuple(lint(rules, loading.filters, resolved.plans)),
        hash=digest(*versions),
    )


def _read(document: Document, loading: _Loading, placeholders: Placeholders) -> None:
    try:
        if "correlation" in document.data:
            found = draft(document)
            _claim(found.heading.id, document, loading)
            loading.drafts.append(found)
        elif "filter" in document.data:
            loading.filters.append(compile_filter(document, placeholders))
        elif "detection" in document.data:
            rule = _rule(document, placeholders)
            _claim(rule.id, document, loading)
            loading.rules.append(rule)
        else:
            raise Fault("neither detection, correlation nor filter")  # noqa: TRY301 - one place locates
    except Fault as fault:
        loading.errors.append(document.located(fault))
        names = (document.data.get("id"), document.data.get("name"))
        loading.rejected |= {name for name in names if isinstance(name, str)}


def _claim(rule_id: str, document: Document, loading: _Loading) -> None:
    first = loading.places.get(rule_id)
    if first is not None:
        raise Fault(f"id {rule_id!r} is taken by {first}", "id", fix="give each rule an id of its own")
    loading.places[rule_id] = document.file.path


def _rule(document: Document, placeholders: Placeholders) -> RulePlan:
    about = heading(document)
    try:
        condition = compile_detection(document.data["detection"], placeholders)
    except Fault as fault:
        raise Fault(fault.message, "detection", *fault.keys, fix=fault.fix) from fault
    return RulePlan(
        heading=about,
        logsource=logsource(document.data),
        condition=condition,
        fields=frozenset(),
        custom=custom(document.data),
        version="",
    )


def _finished(rule: RulePlan, filters: Sequence[Filter], known: Known) -> RulePlan:
    condition: Node = rule.condition
    for found in filters:
        if found.covers(rule.heading, rule.logsource):
            condition = found.over(condition)
    return msgspec.structs.replace(
        rule,
        condition=condition,
        fields=frozenset(fields_of(condition)),
        version=digest(msgspec.json.encode((condition, rule.logsource, rule.custom))),
        routed=known(rule.logsource),
    )
