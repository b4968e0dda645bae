"""Correlating: plans, signals and what stands after a list of changes."""

from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any

import msgspec

from soc.correlation.changes import Change, Raised, Retracted, Revised
from soc.kernel.errors import Location
from soc.kernel.ids import signal_id
from soc.model.alert import Severity
from soc.model.episode import Episode, Key
from soc.model.identity import Layer
from soc.model.signal import Signal
from soc.rulebook.plan import CorrelationPlan, CorrelationType, Custom, Heading, Operator

T0 = 1_767_225_600_000
"""2026-01-01T00:00Z; local midnight nowhere that matters here."""
SECOND = 1000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE


def a_plan(id_: str, type_: str, rules: Sequence[str], **more: Any) -> CorrelationPlan:
    """Return a plan over ten seconds, grouped by ``ip``; operators by name: ``gte=3``."""
    operators = [
        (Operator(name), Decimal(str(more.pop(name)))) for name in list(more) if name in set(Operator)
    ]
    plan = CorrelationPlan(
        heading=a_heading(id_),
        type=CorrelationType(type_),
        rules=tuple(rules),
        group_by=("ip",),
        timespan_ms=10 * SECOND,
        operators=tuple(operators),
        expression=None,
        fields=(),
        percentile=None,
        aliases=(),
        custom=Custom(),
        silent=False,
        implicit=False,
        version="1",
    )
    return msgspec.structs.replace(plan, **more)


def a_heading(id_: str) -> Heading:
    """Return what people read, as far as a plan needs it."""
    return Heading(
        id=id_,
        name=id_,
        title=id_,
        level=Severity.MEDIUM,
        description="",
        author="",
        tags=(),
        falsepositives=(),
        location=Location("test.yml"),
        text="",
    )


def a_signal(rule: str, event: str, second: float, **more: Any) -> Signal:
    """Return the signal of *rule* on *event*, *second* after T0, of address ``x`` unless told."""
    fields = {"ip": more.pop("ip", "x"), **more.pop("fields", {})}
    found = Signal(
        id=signal_id(rule, event),
        rule_id=rule,
        rule_version="1",
        agency="so-yte",
        exercise=None,
        source="auth",
        layer=Layer.ON_THE_SPOT,
        at_ms=T0 + int(second * SECOND),
        event_id=event,
        event_day="2026-01-01",
        fields=fields,
    )
    return msgspec.structs.replace(found, **more)


class Until:
    """A watermark that stands at one time for everybody."""

    def __init__(self, second: float) -> None:
        self.at_ms = T0 + int(second * SECOND)

    def of(self, agency: str | None, exercise: str | None) -> int:  # noqa: ARG002
        return self.at_ms


def follow(standing: dict[str, Episode], changes: Iterable[Change]) -> dict[str, Episode]:
    """Let *changes* happen to *standing*, each of which must make sense there."""
    for change in changes:
        match change:
            case Raised(episode=episode):
                assert episode.id not in standing
                assert episode.revision == 0
                standing[episode.id] = episode
            case Revised(episode=episode):
                before = standing[episode.id]
                assert episode.revision == before.revision + 1
                assert msgspec.structs.replace(episode, revision=before.revision) != before
                standing[episode.id] = episode
            case Retracted(episode_id=id_, rule_id=rule_id):
                assert standing.pop(id_).key.rule_id == rule_id
    return standing


Shape = tuple[Key, int, int, int, tuple[str, ...]]


def shape(episode: Episode, standing: dict[str, Episode]) -> Shape:
    """Return what order of arrival must not change: members by id, child episodes by what they are."""
    members = [
        repr(shape(standing[member.id], standing)) if member.id in standing else member.id
        for member in episode.members
    ]
    return episode.key, episode.first_at_ms, episode.last_at_ms, episode.count, tuple(sorted(members))


def shapes(standing: dict[str, Episode]) -> list[Shape]:
    """Return the shapes of all, sorted."""
    return sorted((shape(episode, standing) for episode in standing.values()), key=repr)
