"""Why a rule holds for an event or does not: the tree of its condition, each part true or false.

Every answer is asked of ``reference``, part by part, so an explanation can never disagree with it.
"""

from collections.abc import Mapping
from typing import Any, assert_never

import msgspec

from soc.detection import reference
from soc.kernel.errors import shortened
from soc.model.event import Event, LogSource, Mark
from soc.model.fields import ABSENT, scalars_of, values_of
from soc.rulebook.plan import And, Constant, FieldRef, Keyword, Node, Not, Or, RulePlan, Test
from soc.rulebook.wording import said


class Part(msgspec.Struct, frozen=True, omit_defaults=True):
    """One part of a condition."""

    said: str
    """What is asked: ``all of``, ``any of``, ``not``, or a sentence about a field."""
    holds: bool
    name: str = ""
    """Selection that this part is, as the rule calls it."""
    seen: tuple[str, ...] | None = None
    """Values that a test looked at, shortened; () = the event has no such field.

    Of a keyword the value it is in. None: of neither.
    """
    parts: tuple["Part", ...] = ()


class Explanation(msgspec.Struct, frozen=True):
    """What became of one rule on one event."""

    matches: bool
    """The rule is tried on the event, and its condition holds."""
    applies: bool
    why: str
    """Why the rule is tried on this event, or not."""
    condition: Part


def explain(rule: RulePlan, event: Event, names: Mapping[Node, str] | None = None) -> Explanation:
    """Return why *rule* matches *event* or does not; *names* tells what the rule calls its selections.

    Raises:
        re.error: a regular expression of the rule is none.
    """
    applies = reference.applies(rule, event)
    condition = _part(rule.condition, rule, event, names or {})
    return Explanation(applies and condition.holds, applies, _why(rule, event, applies=applies), condition)


def _part(node: Node, rule: RulePlan, event: Event, names: Mapping[Node, str]) -> Part:
    holds = reference.matches(msgspec.structs.replace(rule, condition=node), event)
    match node:
        case And(nodes):
            said_, inner = "all of", nodes
        case Or(nodes):
            said_, inner = "any of", nodes
        case Not(negated):
            said_, inner = "not", (negated,)
        case Constant(value):
            said_, inner = "always" if value else "never", ()
        case Test() | Keyword():
            seen = _heard(node, rule, event) if isinstance(node, Keyword) else _seen(node, event)
            return Part(said(node), holds, names.get(node, ""), seen)
        case _:
            assert_never(node)
    parts = tuple(_part(part, rule, event, names) for part in inner)
    return Part(said_, holds, names.get(node, ""), parts=parts)


def _heard(keyword: Keyword, rule: RulePlan, event: Event) -> tuple[str, ...] | None:
    """Return the text of a record that could not be parsed, else the first value that *keyword* is in."""
    if Mark.QUARANTINED in event.marks:
        return (shortened(event.original, MAX_SEEN),)
    asked = msgspec.structs.replace(rule, condition=keyword)
    for value in scalars_of(event.fields):
        if reference.matches(asked, msgspec.structs.replace(event, fields={"": value})):
            return (_shown(value),)
    return None


def _seen(test: Test, event: Event) -> tuple[str, ...]:
    if Mark.QUARANTINED in event.marks:
        return ()
    values = values_of(event.fields, test.field)
    if isinstance(test.pattern, FieldRef):
        values = [*values, *values_of(event.fields, test.pattern.field)]
    return tuple(_shown(value) for value in values[:MAX_VALUES] if value is not ABSENT)


def _shown(value: Any) -> str:
    match value:
        case None:
            return "null"
        case bool():
            return str(value).lower()
        case dict():
            return "an object"
        case _:
            return shortened(value, MAX_SEEN)


def _why(rule: RulePlan, event: Event, *, applies: bool) -> str:
    wanted, given = (
        _source(rule.logsource),
        ", ".join(map(_source, event.logsources)) or "no known log source",
    )
    if Mark.QUARANTINED in event.marks:
        reason = (
            f"the record could not be parsed ({event.reason})" if event.reason else "it could not be parsed"
        )
        return f"{reason}: only keywords see its text" + ("" if applies else ", and the rule has none")
    if not rule.routed:
        return f"no mapping knows the rule's log source {wanted}: it is tried on every event"
    verb = "covers" if applies else "does not cover"
    return f"the rule's log source {wanted} {verb} the event's: {given}"


def _source(source: LogSource) -> str:
    parts = {"product": source.product, "category": source.category, "service": source.service}
    return " ".join(f"{key}={value}" for key, value in parts.items() if value) or "(any)"


MAX_SEEN = 200
"""Characters shown of a value."""
MAX_VALUES = 20
"""Elements shown of an array."""
