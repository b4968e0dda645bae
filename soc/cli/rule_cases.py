"""Running the cases beside rules, through the same parsing, detection and correlation as live."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

import msgspec

from soc.app.content import Content
from soc.cli.case_files import CaseFile, Sample, Step, Story
from soc.detection.engine import Engine, applies
from soc.kernel.errors import Location
from soc.kernel.ids import event_id_at
from soc.model.event import Event, Fields, LogSource
from soc.model.identity import Origin
from soc.model.record import Record
from soc.model.signal import Signal, signal_of
from soc.parsing.parse import parse
from soc.pipeline.scan import correlate
from soc.rulebook.headings import UNITS_MS
from soc.rulebook.plan import CorrelationPlan, RulePlan

START_MS = 1_767_225_600_000
"""2026-01-01T00:00:00Z: where offsets count from, and when every record was read."""
_DAY = "2026-01-01"
_Plan = TypeVar("_Plan", RulePlan, CorrelationPlan)


@dataclass(frozen=True, slots=True)
class _Arrival:
    """Where and when an event of a case came in."""

    number: int
    """Keeps equal events apart."""
    at_ms: int = START_MS
    agency: str = "a"


@dataclass(frozen=True, slots=True)
class Trial:
    """One event of a case file, and whether the rule must match it."""

    location: Location
    event: Event
    wanted: bool


def failures(files: Sequence[CaseFile], content: Content) -> Iterator[str]:
    """Yield a located line for every case that does not hold."""
    engine = Engine(content.rulebook.rules)
    for file in files:
        if file.cases.match or file.cases.no_match:
            yield from _check_samples(file, content)
        if file.cases.sequences:
            yield from _check_stories(file, content, engine)


def subject(file: CaseFile, plans: Sequence[_Plan]) -> _Plan | None:
    """Return the plan that *file* is about: the one it names, else the only one of its rule file."""
    name = file.cases.rule
    here = [plan for plan in plans if plan.heading.location.path == file.rule_path]
    found = [plan for plan in here if name is None or name in (plan.id, plan.heading.name)]
    return found[0] if len(found) == 1 else None


def trials(file: CaseFile, rule: RulePlan, content: Content) -> Iterator[Trial]:
    """Yield the single events of *file*, which is about *rule*."""
    for kind, samples in (("match", file.cases.match), ("no_match", file.cases.no_match)):
        for number, sample in enumerate(samples):
            event = _event(sample, _Arrival(number), content, rule.logsource)
            yield Trial(file.document.location((kind, number)), event, kind == "match")


def signals_of(story: Story, content: Content, engine: Engine) -> Iterator[Signal]:
    """Yield the signals of a story in order of arrival, each with the time that the story gives it.

    Raises:
        LookupError: the story names a rule that is not there.
    """
    rules = content.rulebook.rules
    by_name = {name: rule for rule in rules for name in (rule.heading.name, rule.id) if name}
    steps = ((step, turn) for step in story.events for turn in range(step.times))
    for number, (step, turn) in enumerate(steps):
        at_ms = START_MS + _ms(step.at.removeprefix("+")) + turn * _ms(step.every)
        named = None if step.rule is None else by_name[step.rule]
        source = LogSource() if named is None else named.logsource
        event = _event(step, _Arrival(number, at_ms, step.agency), content, source)
        for rule in engine.match(event) if named is None else (named,):
            yield signal_of(event, rule.id, rule.version)


def standing(rule_id: str, correlations: Sequence[CorrelationPlan], signals: Sequence[Signal]) -> int:
    """Return how many episodes of the correlation *rule_id* stand after *signals*."""
    return sum(episode.key.rule_id == rule_id for episode in correlate(correlations, signals, "UTC"))


def _check_samples(file: CaseFile, content: Content) -> Iterator[str]:
    rule = subject(file, content.rulebook.rules)
    if rule is None:
        yield f"{file.document.location()}: which rule of {file.rule_path}? (say rule: ID)"
        return
    engine = Engine([rule], routed=False)
    for trial in trials(file, rule, content):
        matched = applies(rule, trial.event.logsources) and bool(engine.match(trial.event))
        if matched != trial.wanted:
            said = "matches" if matched else "does not match"
            yield f"{trial.location}: {rule.heading.title!r} {said}"


def _check_stories(file: CaseFile, content: Content, engine: Engine) -> Iterator[str]:
    book = content.rulebook
    plan = subject(file, [plan for plan in book.correlations if not plan.implicit])
    if plan is None:
        yield f"{file.document.location()}: which correlation of {file.rule_path}? (say rule: ID)"
        return
    for number, story in enumerate(file.cases.sequences):
        place = file.document.location(("sequences", number))
        try:
            found = standing(plan.id, book.correlations, list(signals_of(story, content, engine)))
        except LookupError as error:
            yield f"{place}: no rule has the id or name {error}"
            continue
        if found != story.episodes:
            what = f" ({story.name})" if story.name else ""
            yield f"{place}: {found} episodes instead of {story.episodes}{what}"


def _event(sample: Sample, arrival: _Arrival, content: Content, source: LogSource) -> Event:
    given = None if sample.logsource is None else LogSource(**sample.logsource.model_dump())
    if sample.raw is None:
        return _event_of_fields(sample.fields or {}, arrival, content, given or source)
    at_ms = arrival.at_ms
    raw = sample.raw.encode()
    record = Record("cases", sample.format, raw, at_ms, _DAY, "UTC", "cases", arrival.number)
    event = parse(
        record,
        Origin(arrival.agency, "cases"),
        received_at_ms=at_ms,
        sources=content.sources,
        logsource=given,
        judge_clock=False,
    )
    return msgspec.structs.replace(event, at_ms=at_ms) if isinstance(sample, Step) else event


def _event_of_fields(fields: Fields, arrival: _Arrival, content: Content, source: LogSource) -> Event:
    return Event(
        id=event_id_at(arrival.agency, "cases", "cases", arrival.number, b""),
        day=_DAY,
        origin=Origin(arrival.agency, "cases"),
        source="cases",
        layer=content.sources.layer((source,)),
        logsources=(source,),
        at_ms=arrival.at_ms,
        read_at_ms=arrival.at_ms,
        received_at_ms=arrival.at_ms,
        fields=fields,
        original="",
    )


def _ms(text: str) -> int:
    return int(text[:-1]) * UNITS_MS[text[-1]]
