"""``soc rules explain``: why a rule matches a record or does not, part by part."""

import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import click
import msgspec

from soc.app.content import Content
from soc.cli.logsource_option import LogSourceType
from soc.cli.rules_given import content_of, document_of, named, rules_option, variants_of
from soc.cli.tables import printable
from soc.detection.explanation import Explanation, Part, explain
from soc.kernel.errors import RecordError
from soc.model.event import Event, LogSource
from soc.model.identity import Origin
from soc.model.record import Record
from soc.parsing.parse import FORMATS, parse
from soc.pipeline.files import SOURCE, Found, Reading, record_of, records
from soc.rulebook.plan import CorrelationPlan, Node, RulePlan
from soc.rulebook.variants import Variants

MAX_STDIN_BYTES = 16 << 20
MAX_PARTS = 12
"""Parts of one ``any of`` or ``all of`` that are shown without --all."""


@click.command("explain")
@click.argument("rule")
@click.argument("event", type=click.Path(exists=True, dir_okay=False, allow_dash=True, path_type=Path))
@rules_option
@click.option("--format", "format_", type=click.Choice(sorted(FORMATS)), help="Instead of recognising.")
@click.option("--logsource", type=LogSourceType(), help="Instead of what the record tells.")
@click.option(
    "--record", type=int, help="Which record of the file: its line, or EventRecordID. Else the first."
)
@click.option("--json", "as_json", is_flag=True, help="One JSON object a rule.")
@click.option("--all", "whole", is_flag=True, help="Also every part of long lists.")
def explain_rule(rule: str, event: Path, paths: tuple[Path, ...], **options: Any) -> None:
    """Say of each part of RULE whether it holds for the record in EVENT, and which value it saw.

    RULE is an id, a name or a rule file; EVENT a file with one record (EVTX, JSON, a log line), or - .

    \b
    soc rules explain ssh_login_failure line.txt
    tail -1 /var/log/auth.log | soc rules explain ssh_login_failure -
    soc rules explain proc_creation_win_x.yml event.json --logsource product=windows,category=process_creation
    """  # noqa: D301 - click reads \b
    given = (*paths, Path(rule)) if Path(rule).is_file() and not paths else paths
    content = content_of(given)
    record = _record(event, options["format_"], options["record"])
    parsed = _parsed(record, content, options["logsource"])
    for plan in named(rule, content):
        if isinstance(plan, CorrelationPlan):
            raise click.ClickException(
                f"{plan.heading.title!r} correlates the signals of other rules; explain one of them: "
                + ", ".join(plan.rules)
            )
        explanation = explain(plan, parsed, _names(plan, variants_of(given)))
        if options["as_json"]:
            click.echo(_json(plan, explanation))
            continue
        for line in _lines(plan, explanation, whole=options["whole"]):
            click.echo(printable(line))


def _record(path: Path, format_: str | None, number: int | None) -> Record:
    if str(path) != "-":
        return _chosen(path, format_, number)
    with tempfile.NamedTemporaryFile() as copy:
        copy.write(sys.stdin.buffer.read(MAX_STDIN_BYTES))
        copy.flush()
        return _chosen(Path(copy.name), format_, number)


def _chosen(path: Path, format_: str | None, number: int | None) -> Record:
    reading = Reading(path, "UTC", format_)
    try:
        for item in records(reading):
            if isinstance(item, Found) and number in {None, item.number}:
                return record_of(item, reading)
    except RecordError as error:
        raise click.ClickException(f"{path}: {error}") from error
    raise click.ClickException(f"{path} has no record" + ("" if number is None else f" {number}"))


def _parsed(record: Record, content: Content, logsource: LogSource | None) -> Event:
    return parse(
        record,
        Origin("", SOURCE),
        received_at_ms=record.read_at_ms,
        sources=content.sources,
        logsource=logsource,
        judge_clock=False,
    )


def _names(rule: RulePlan, variants: Variants) -> Mapping[Node, str]:
    document = document_of(rule.heading)
    return {} if document is None else variants.names(document)


def _json(rule: RulePlan, explanation: Explanation) -> bytes:
    about = {"id": rule.id, "title": rule.heading.title, "file": rule.heading.location.path}
    return msgspec.json.encode({"rule": about, **msgspec.to_builtins(explanation)})


def _lines(rule: RulePlan, explanation: Explanation, *, whole: bool) -> Iterator[str]:
    verdict = "matches" if explanation.matches else "does not match"
    yield f"{rule.heading.title} ({rule.heading.location}): {verdict}"
    yield f"{_truth(explanation.applies)}  {explanation.why}"
    yield from _tree(explanation.condition, "", whole=whole)


def _tree(part: Part, indent: str, *, whole: bool) -> Iterator[str]:
    name = f"{part.name}: " if part.name else ""
    yield f"{_truth(part.holds)}  {indent}{name}{part.said}{_seen(part)}"
    shown = part.parts if whole else _telling(part)
    for inner in shown:
        yield from _tree(inner, indent + "  ", whole=whole)
    if len(shown) < len(part.parts):
        yield f"       {indent}  … {len(part.parts) - len(shown)} more (--all)"


def _telling(part: Part) -> tuple[Part, ...]:
    """Return the first parts, those before the others that made *part* what it is."""
    if len(part.parts) <= MAX_PARTS:
        return part.parts
    return tuple(sorted(part.parts, key=lambda inner: inner.holds != part.holds)[:MAX_PARTS])


def _seen(part: Part) -> str:
    if part.seen is None:
        return ""
    return f"; seen: {', '.join(part.seen)}" if part.seen else "; the event has no such field"


def _truth(holds: bool) -> str:  # noqa: FBT001 - what is worded
    return "true " if holds else "false"
