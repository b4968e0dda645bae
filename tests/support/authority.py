"""The reference's answers for many events, asked once for events that are equal in all that a rule reads."""

from collections import defaultdict
from collections.abc import Sequence
from typing import NamedTuple, assert_never

from soc.detection import reference
from soc.detection.engine import Engine
from soc.model.event import Event, LogSource, Mark
from soc.rulebook.plan import And, Constant, Keyword, Node, Not, Or, RulePlan, Test


class _Group(NamedTuple):
    """Rules that are tried on the same events and read the same of them."""

    logsource: LogSource
    routed: bool
    names: tuple[str, ...] | None
    """Fields read; None: everything."""


class Authority:
    """``reference.match`` over fixed rules; only repeated questions are spared.

    What a group of rules answers can depend on nothing of an event but the fields that they read, so that
    is what an answer is kept under. Rules with keywords read the whole event: nothing of theirs is kept,
    nor anything of a quarantined event.
    """

    def __init__(self, rules: Sequence[RulePlan]) -> None:
        """Group *rules*."""
        self._rules = rules
        self._groups: dict[_Group, list[int]] = defaultdict(list)
        for position, rule in enumerate(rules):
            names = None if _reads_everything(rule.condition) else tuple(sorted(rule.fields))
            self._groups[_Group(rule.logsource, rule.routed, names)].append(position)
        self._known: dict[tuple[_Group, str], list[int]] = {}

    def match(self, event: Event) -> tuple[RulePlan, ...]:
        """Return what ``reference.match`` returns."""
        found: list[int] = []
        for group, positions in self._groups.items():
            if reference.applies(self._rules[positions[0]], event):
                found += self._of_group(group, positions, event)
        return tuple(self._rules[position] for position in sorted(found))

    def _of_group(self, group: _Group, positions: list[int], event: Event) -> list[int]:
        if group.names is None or Mark.QUARANTINED in event.marks:
            return self._matching(positions, event)
        # As text, what is equal and reads differently stays apart: 1, 1.0 and true.
        key = (group, repr([_below(event, name) for name in group.names]))
        if key not in self._known:
            self._known[key] = self._matching(positions, event)
        return self._known[key]

    def _matching(self, positions: list[int], event: Event) -> list[int]:
        return [position for position in positions if reference.matches(self._rules[position], event)]


class Judges(NamedTuple):
    """Both engines over the same rules."""

    fast: Engine
    sure: Authority


def _reads_everything(node: Node) -> bool:
    """Return whether a keyword stands anywhere in *node*."""
    match node:
        case And(nodes) | Or(nodes):
            return any(_reads_everything(inner) for inner in nodes)
        case Not(inner):
            return _reads_everything(inner)
        case Keyword():
            return True
        case Test() | Constant():
            return False
        case _:
            assert_never(node)


def _below(event: Event, name: str) -> list[tuple[str, object]]:
    """Return all that a walk to *name* can begin with: the field itself, and those before its dots."""
    steps = name.split(".")
    heads = [".".join(steps[:count]) for count in range(1, len(steps) + 1)]
    return [(head, event.fields[head]) for head in heads if head in event.fields]
