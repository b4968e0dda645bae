"""Rule files → a rulebook: everything that can be used, and every fault of what cannot, at once."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import msgspec

from soc.kernel.errors import Location, RuleError
from soc.kernel.ids import digest
from soc.model.event import LogSource
from soc.rulebook.correlations import Draft, draft, renamed
from soc.rulebook.detections import compile_detection, fields_of, read_detection
from soc.rulebook.documents import Document, Fault, RuleFile, documents
from soc.rulebook.filters import Filter, read_filter
from soc.rulebook.headings import check_keys, custom, heading, logsource
from soc.rulebook.lint import lint
from soc.rulebook.pipelines import Pipeline, processed, read_pipelines
from soc.rulebook.plan import And, CorrelationPlan, Custom, Heading, Node, Rulebook, RulePlan
from soc.rulebook.resolution import implicit, resolve
from soc.rulebook.rule_files import read_pipeline_files, read_rule_files
from soc.rulebook.selections import Detection
from soc.rulebook.subjects import Subject
from soc.rulebook.values import Placeholders

Known = Callable[[LogSource], bool]
Entities = Callable[[LogSource], tuple[str, ...]]
MAX_CORRELATIONS = 2000
"""Every one may name every other; more would take minutes to put in order."""
__all__ = ["RuleFile", "load", "read_pipeline_files", "read_rule_files"]


@dataclass(frozen=True, slots=True)
class _Rule:
    """A rule read but not compiled: all filters must be known first."""

    heading: Heading
    custom: Custom
    subject: Subject


@dataclass(slots=True)
class _Loading:
    """What was read so far."""

    pipelines: tuple[Pipeline, ...]
    placeholders: Placeholders
    rules: list[_Rule] = field(default_factory=list)
    filters: list[Filter] = field(default_factory=list)
    drafts: list[Draft] = field(default_factory=list)
    errors: list[RuleError] = field(default_factory=list)
    rejected: set[str] = field(default_factory=set)
    """Ids and names of rules that could not be read."""
    places: dict[str, str] = field(default_factory=dict)
    """Rule id → where it was read first."""

    compilations: dict[int, tuple[Detection, Node | None]] = field(default_factory=dict)
    """Id of a filter's detection, as long as pipelines leave it alone → it and its tree."""

    def compiled(self, detection: Detection) -> Node | None:
        """Return the tree of *detection*; of a filter, which many rules share, it is made once."""
        kept, node = self.compilations.get(id(detection), (None, None))
        if kept is detection:
            return node
        node = compile_detection(detection, self.placeholders)
        if any(detection is found.detection for found in self.filters):
            self.compilations[id(detection)] = (detection, node)
        return node

    def reject(self, document: Document, error: RuleError) -> None:
        """Keep why what *document* says cannot be used."""
        self.errors.append(error)
        names = (document.data.get("id"), document.data.get("name"))
        self.rejected |= {name for name in names if isinstance(name, str)}


def load(
    files: Sequence[RuleFile],
    *,
    known: Known,
    entities: Entities,
    placeholders: Mapping[str, tuple[str, ...]] | None = None,
    pipelines: Sequence[RuleFile] = (),
) -> Rulebook:
    """Return the rulebook of *files*; one bad rule never stops the others.

    *known* tells whether a log source has a mapping (a rule of another is tried on every event);
    *entities* names the fields a plain rule's alerts are grouped by; *pipelines* are the files of
    ``pipelines`` folders, whose steps change the rules beside them; *placeholders* are values for
    ``expand`` where no pipeline gives any.
    """
    steps, errors = read_pipelines(pipelines)
    loading = _Loading(steps, placeholders or {}, errors=errors)
    for file in files:
        found, faults = documents(file)
        loading.errors += faults
        for document in found:
            _read(document, loading)
    rules = [plan for rule in loading.rules if (plan := _finished(rule, loading, known)) is not None]
    drafts = _processed_drafts(loading, rules)
    resolved = resolve(drafts, rules, frozenset(loading.rejected))
    plain = [implicit(rule, entities(rule.logsource)) for rule in rules if resolved.loud.get(rule.id, True)]
    plans: tuple[RulePlan | CorrelationPlan, ...] = (*rules, *resolved.plans)
    order = {file.path: place for place, file in enumerate([*pipelines, *files])}
    return Rulebook(
        rules=tuple(rules),
        correlations=(*plain, *resolved.plans),
        errors=_told([*loading.errors, *resolved.errors], order),
        warnings=tuple(lint(rules, loading.filters, resolved.plans)),
        hash=digest(*(plan.version for plan in plans), *(_told_of(plan.heading) for plan in plans)),
    )


def _told_of(about: Heading) -> bytes:
    """Return what alerts show of a rule, wherever its file lies and however it is laid out."""
    return msgspec.json.encode(msgspec.structs.replace(about, location=Location(""), text=""))


def _read(document: Document, loading: _Loading) -> None:
    try:
        if "correlation" in document.data:
            found = draft(document)
            if len(loading.drafts) >= MAX_CORRELATIONS:
                raise Fault(f"more than {MAX_CORRELATIONS} correlations")  # noqa: TRY301 - one place locates
            _claim(found.heading.id, document, loading)
            loading.drafts.append(found)
        elif "filter" in document.data:
            loading.filters.append(read_filter(document))
        elif "detection" in document.data:
            rule = _rule(document)
            _claim(rule.heading.id, document, loading)
            loading.rules.append(rule)
        else:
            check_keys(document.data)
            raise Fault("neither detection, correlation nor filter")  # noqa: TRY301 - one place locates
    except Fault as fault:
        loading.reject(document, document.located(fault))


def _claim(rule_id: str, document: Document, loading: _Loading) -> None:
    first = loading.places.get(rule_id)
    if first is not None:
        raise Fault(f"id {rule_id!r} is taken by {first}", "id", fix="give each rule an id of its own")
    loading.places[rule_id] = document.file.path


def _rule(document: Document) -> _Rule:
    about = heading(document)
    kept = document.forgotten()
    detection = read_detection(kept, ("detection",), document.data["detection"])
    subject = Subject(kept, (logsource(document.data),), (detection,))
    return _Rule(about, custom(document.data), subject)


def _finished(rule: _Rule, loading: _Loading, known: Known) -> RulePlan | None:
    """Return the plan of *rule* under its filters and pipelines; None if it cannot be used."""
    subject, document = rule.subject, rule.subject.document
    covering = [
        found.detection for found in loading.filters if found.covers(rule.heading, subject.logsources[0])
    ]
    try:
        subject = replace(subject, detections=(*subject.detections, *covering))
        subject = processed(subject, loading.pipelines)
        condition = _condition(subject, loading)
        changed = _renamed(rule.custom, subject)
    except RuleError as error:
        loading.reject(document, error)
        return None
    except Fault as fault:
        loading.reject(document, document.located(fault))
        return None
    (source,) = subject.logsources
    return RulePlan(
        heading=rule.heading,
        logsource=source,
        condition=condition,
        fields=frozenset(fields_of(condition)),
        custom=changed,
        version=digest(msgspec.json.encode((condition, source, changed))),
        routed=known(source),
    )


def _renamed(given: Custom, subject: Subject) -> Custom:
    if given.group_by is None:
        return given
    group_by = tuple(new for name in given.group_by for new in subject.names_of(name))
    return msgspec.structs.replace(given, group_by=group_by)


def _condition(subject: Subject, loading: _Loading) -> Node:
    nodes: list[Node] = []
    for detection in subject.detections:
        try:
            node = loading.compiled(detection)
            if node is None and detection.document is subject.document:
                raise Fault("pipelines leave nothing of it", "detection")  # noqa: TRY301 - one place locates
        except Fault as fault:
            error = detection.document.located(fault)
            if "filter" not in detection.document.data:
                raise error from fault
            loading.errors.append(error)  # the rule stands without the filter
        else:
            nodes += [] if node is None else [node]
    return nodes[0] if len(nodes) == 1 else And(tuple(nodes))


def _processed_drafts(loading: _Loading, rules: Sequence[RulePlan]) -> list[Draft]:
    if not loading.pipelines:
        return loading.drafts
    sources = {
        name: (rule.logsource,) for rule in rules for name in (rule.id, rule.heading.name) if name is not None
    }
    by_name = {name: each for each in loading.drafts for name in (each.heading.id, each.heading.name) if name}
    found: list[Draft] = []
    for each in loading.drafts:
        subject = Subject(each.document, _sources(each, sources, by_name))
        try:
            found.append(renamed(each, processed(subject, loading.pipelines).names_of))
        except Fault as fault:
            loading.reject(each.document, each.document.located(fault))
        except RuleError as error:
            loading.reject(each.document, error)
    return found


def _sources(
    start: Draft, sources: Mapping[str, tuple[LogSource, ...]], drafts: Mapping[str, Draft]
) -> tuple[LogSource, ...]:
    """Return the log sources of the rules that *start* names, itself or through others."""
    seen: dict[str, None] = {}
    waiting = list(start.rules)
    while waiting:
        name = waiting.pop()
        if name not in seen:
            seen[name] = None
            waiting += drafts[name].rules if name in drafts else ()
    return tuple(source for name in seen for source in sources.get(name, ()))


def _told(errors: Sequence[RuleError], order: Mapping[str, int]) -> tuple[str, ...]:
    def place(error: RuleError) -> tuple[int, int, int]:
        return order.get(error.location.path, -1), error.location.line, error.location.column

    return tuple(dict.fromkeys(str(error) for error in sorted(errors, key=place)))
