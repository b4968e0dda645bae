"""The fast engine: events → matching rules, each kind of event on a lane of its own.

    log sources → route → value of one field → lane → atoms of the other fields → answer

``soc.detection.reference`` is the slow authority; speed never changes an answer.
"""

from collections.abc import Iterator, Sequence

from soc.detection.atoms import NOTHING, Atoms, narrowed
from soc.detection.field import FieldAtoms
from soc.detection.judges import Judges
from soc.detection.keywords import Keywords
from soc.detection.lane import Answer, Lane
from soc.detection.memory import Room
from soc.detection.program import Index, Lowered, has_keyword, necessary_atoms
from soc.detection.route import Route
from soc.detection.scanner import Databases
from soc.detection.sieve import Sieve
from soc.detection.words import Words
from soc.model.event import Event, Fields, LogSource, Mark
from soc.rulebook.plan import RulePlan

MAX_KINDS = 4096
"""Sets of log sources that are remembered; what a sender names itself may be anything."""
MAX_ROUTES = 512


class Engine:
    """All rules, their patterns compiled; lanes are put together when the first event of a kind arrives."""

    def __init__(
        self,
        rules: Sequence[RulePlan],
        *,
        routed: bool = True,
        index: Index = necessary_atoms,
        databases: Databases | None = None,
    ) -> None:
        """Take *rules*; ``routed=False`` tries every rule on every event.

        *index* may be replaced in tests: it may only name too many candidates. *databases* holds what
        an engine for the same rules has compiled before, and afterwards what this one has.
        """
        atoms = Atoms()
        self._rules = [Lowered(n, rule, atoms.lower(rule.condition)) for n, rule in enumerate(rules)]
        self._by_source: dict[tuple[LogSource, bool], list[Lowered]] = {}
        for rule in self._rules:
            self._by_source.setdefault((rule.rule.logsource, rule.rule.routed), []).append(rule)
        self._routed = routed
        self.databases = databases or Databases()
        """Every compiled database."""
        self._judges = _judges(self._rules, atoms, index, self.databases)
        self._words = _Words(rules)
        self._routes: dict[tuple[LogSource, ...], Route] = {}
        self._kinds: dict[tuple[LogSource, ...], Route] = {}
        self._raw = self._raw_lane()

    @property
    def rules(self) -> tuple[RulePlan, ...]:
        """The rules, in the order they were given."""
        return tuple(rule.rule for rule in self._rules)

    def match(self, event: Event) -> Answer:
        """Return the rules that match *event*, in the order they were given.

        A quarantined event has no fields: only keywords see its raw text, on every rule that has any.
        """
        if Mark.QUARANTINED in event.marks:
            return self._raw.match_text(event.original)
        return self.match_fields(event.fields, event.logsources)

    def match_fields(
        self, fields: Fields, logsources: tuple[LogSource, ...], *, keywords: bool = True
    ) -> Answer:
        """Return the rules that match an event of *fields*, in the order they were given.

        *keywords* may be false where it is known that none holds.
        """
        kind = logsources if self._routed else ()
        route = self._kinds.get(kind)
        return (self._route(kind) if route is None else route).match(fields, keywords=keywords)

    def sieve(
        self, known: Fields, logsources: tuple[LogSource, ...], doubts: tuple[bytes, ...] = ()
    ) -> Sieve:
        """Return the sieve of JSON records of *logsources*, some of whose fields are *known* already.

        It lets through every record that any of its rules may match, and every text that a keyword may
        match should the record turn out not to be one.
        """
        kind = logsources if self._routed else ()
        route = self._kinds.get(kind)
        return (self._route(kind) if route is None else route).sieve(known, doubts)

    def _route(self, kind: tuple[LogSource, ...]) -> Route:
        """Return the route of log sources that were not seen before."""
        known = tuple(map(self._words.known, kind))
        route = self._routes.get(known)
        if route is None:
            if len(self._routes) >= MAX_ROUTES:
                self._forget()
            rules = self._rules if not self._routed else self._applying(known)
            route = self._routes[known] = Route(rules, self._judges)
        if len(self._kinds) >= MAX_KINDS:
            self._kinds.clear()
        self._kinds[kind] = route
        return route

    def _applying(self, logsources: tuple[LogSource, ...]) -> list[Lowered]:
        """Return the rules that are tried on events of *logsources*: one question for rules of one source."""
        found = [
            rule for rules in self._by_source.values() if applies(rules[0].rule, logsources) for rule in rules
        ]
        return sorted(found, key=lambda rule: rule.position)

    def _forget(self) -> None:
        self._routes.clear()
        self._kinds.clear()
        self._judges.room.leave()
        self._raw = self._raw_lane()

    def _raw_lane(self) -> Lane:
        return Lane(self._judges.for_text, self._judges)


def applies(rule: RulePlan, logsources: tuple[LogSource, ...]) -> bool:
    """Return whether *rule* is tried on events of *logsources*."""
    return not rule.routed or any(rule.logsource.covers(found) for found in logsources)


class _Words:
    """The parts of log sources that rules name: whatever else an event's is called makes no difference."""

    def __init__(self, rules: Sequence[RulePlan]) -> None:
        self._products = {rule.logsource.product for rule in rules}
        self._categories = {rule.logsource.category for rule in rules}
        self._services = {rule.logsource.service for rule in rules}

    def known(self, logsource: LogSource) -> LogSource:
        """Return *logsource* without what no rule names."""
        return LogSource(
            logsource.product if logsource.product in self._products else None,
            logsource.category if logsource.category in self._categories else None,
            logsource.service if logsource.service in self._services else None,
        )


def _for_text(rules: Sequence[Lowered], atoms: Atoms) -> Iterator[Lowered]:
    """Yield what is left of the rules with keywords for a text without fields."""
    of_fields = frozenset(range(len(atoms.owners))) - frozenset(atoms.keywords.values())
    for rule in rules:
        if has_keyword(rule.rule.condition):
            tree = rule.tree if isinstance(rule.tree, bool) else narrowed(rule.tree, of_fields, NOTHING)
            yield Lowered(rule.position, rule.rule, tree)


def _judges(rules: Sequence[Lowered], atoms: Atoms, index: Index, databases: Databases) -> Judges:
    fields = {
        name: FieldAtoms(((atom, pattern) for pattern, atom in patterns.items()), databases)
        for name, patterns in atoms.fields.items()
    }
    return Judges(
        atoms=atoms,
        fields=fields,
        keywords=Keywords(atoms.keywords, databases),
        find_candidates=index,
        room=Room(),
        words=Words(atoms, databases),
        databases=databases,
        for_text=list(_for_text(rules, atoms)),
    )
