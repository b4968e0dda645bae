"""``soc rules bench``: how fast these rules are on these logs, and which of them cost most."""

import itertools
import json
import resource
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import click

from soc.app.content import house_mappings, read_content
from soc.detection.engine import Engine, applies
from soc.detection.scanner import Databases
from soc.kernel.errors import ConfigError
from soc.model.event import Event
from soc.model.identity import Origin
from soc.parsing.parse import FORMATS, parse
from soc.pipeline.files import SOURCE, Found, Reading, find, record_of, records
from soc.pipeline.intake import Understanding
from soc.pipeline.sighting import Sighting
from soc.rulebook.plan import RulePlan

MAX_BYTES = 1 << 30
"""Records beyond this are left out: all are held in memory, so that only the rules are measured."""
SAMPLE = 500
"""Events that each rule is asked about alone."""
DEAREST = 10
_PATH = click.Path(exists=True, path_type=Path)


@click.command("bench")
@click.argument("paths", metavar="EVENTS...", nargs=-1, required=True, type=_PATH)
@click.option("--rules", "folders", multiple=True, required=True, type=_PATH)
@click.option("--format", "format_", type=click.Choice(sorted(FORMATS)), help="Instead of recognising.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object instead of lines.")
def bench(paths: tuple[Path, ...], folders: tuple[Path, ...], *, format_: str | None, as_json: bool) -> None:
    """Measure rules on logs: events and bytes a second on one core, time to compile, memory, dearest rules.

    The first pass puts together what each kind of event needs and remembers nothing of the values yet;
    the second is what a day looks like.

    \b
    soc rules bench recordings/*.json --rules ~/sigma/rules/windows
    """  # noqa: D301 - click reads \b
    began = time.process_time()
    try:
        content = read_content(list(folders), house_mappings())
    except ConfigError as error:
        raise click.ClickException(str(error)) from error
    reading = content.understanding()
    compile_seconds = time.process_time() - began
    found = list(_within(paths, format_))
    if not found:
        raise click.ClickException("no record in " + ", ".join(map(str, paths)))
    size = sum(len(item.raw) for item, _ in found)
    sighting = Sighting(reading, "UTC", SOURCE)
    passes = [_pass(found, sighting) for _ in range(2)]
    figures = {
        "rules": len(content.rulebook.rules),
        "events": len(found),
        "megabytes": round(size / 1e6, 1),
        "cores": 1,
        "compile_seconds": round(compile_seconds, 2),
        **{
            f"{name}_{unit}_per_second": round(amount / seconds)
            for name, (seconds, _) in zip(("first", "second"), passes, strict=True)
            for unit, amount in (("events", len(found)), ("megabytes", size / 1e6))
        },
        "events_with_matches": passes[0][1],
        "peak_memory_megabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
        "dearest_microseconds_per_event": _dearest(found, reading, content.rulebook.rules),
    }
    _show(figures, as_json=as_json)


def _within(paths: Sequence[Path], format_: str | None) -> Iterator[tuple[Found, Reading]]:
    size = 0
    for path in find(list(paths)):
        reading = Reading(path, "UTC", format_)
        for item in records(reading):
            if isinstance(item, Found):
                size += len(item.raw)
                if size > MAX_BYTES:
                    click.echo(f"only the first {MAX_BYTES >> 20} MiB are measured", err=True)
                    return
                yield item, reading


def _pass(found: Sequence[tuple[Found, Reading]], sighting: Sighting) -> tuple[float, int]:
    """Return the seconds that one pass takes, and in how many records something was found."""
    is_nothing = sighting.is_nothing
    began = time.process_time()
    sighted = sum(not is_nothing(item.raw, item.format) for item, _ in found)
    return time.process_time() - began, sighted


def _dearest(
    found: Sequence[tuple[Found, Reading]], reading: Understanding, rules: Sequence[RulePlan]
) -> list[dict[str, Any]]:
    """Return the rules that take longest, each asked alone about the same few events."""
    step = max(1, len(found) // SAMPLE)
    events = [_event(item, file, reading) for item, file in itertools.islice(found, 0, None, step)]
    costs = [(_cost(rule, events), rule) for rule in rules]
    costs.sort(key=lambda pair: -pair[0])
    return [
        {"microseconds": round(1e6 * cost, 2), "id": rule.id, "title": rule.heading.title}
        for cost, rule in costs[:DEAREST]
    ]


def _cost(rule: RulePlan, events: Sequence[Event]) -> float:
    met = [event for event in events if applies(rule, event.logsources)]
    if not met:
        return 0.0
    engine = Engine([rule], databases=Databases())
    for logsources in {event.logsources for event in met}:
        engine.match_fields({}, logsources)  # what is compiled when the first event comes
    began = time.process_time()
    for event in met:
        engine.match(event)
    return (time.process_time() - began) / len(met)


def _event(found: Found, reading: Reading, understanding: Understanding) -> Event:
    record = record_of(found, reading)
    return parse(
        record,
        Origin("", SOURCE),
        received_at_ms=record.read_at_ms,
        sources=understanding.sources,
        judge_clock=False,
    )


def _show(figures: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps(figures, ensure_ascii=False))
        return
    for name, value in figures.items():
        if not isinstance(value, list):
            click.echo(f"{name.replace('_', ' '):<28} {value:>12,}")
    click.echo("dearest rules, each alone (µs for one event of its log source):")
    for row in figures["dearest_microseconds_per_event"]:
        click.echo(f"{row['microseconds']:>10}  {row['title']}  ({row['id']})")
