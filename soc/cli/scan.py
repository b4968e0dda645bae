"""``soc scan``: finds attacks in log files, without any server."""

import errno
import gc
import os
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import click
import msgspec
from rich.console import Console
from rich.markup import escape
from rich.progress import Progress, TextColumn

from soc.app.content import Content, house_mappings, read_content
from soc.app.rule_cache import RuleCache, default_folder
from soc.cli.logsource_option import LogSourceType
from soc.cli.scan_output import episode_line, hit_line, show_table
from soc.cli.tables import printable
from soc.kernel.errors import ConfigError
from soc.model.signal import Signal
from soc.parsing.parse import FORMATS
from soc.pipeline.files import find, shown
from soc.pipeline.intake import Understanding
from soc.pipeline.scan import Hit, Manner, Place, Tally, correlate
from soc.pipeline.scan_side_by_side import WorkerLost, scan_files

DRAW_SECONDS = 0.1
"""Between two drawings of how far it is: each takes as long as many records."""
LARGE_BYTES = 1 << 20
"""A file of this size is named before it is read, whenever that was drawn last."""


@dataclass(slots=True)
class Findings:
    """What was found so far."""

    signals: list[Signal] = field(default_factory=list)
    places: dict[str, Place] = field(default_factory=dict)
    """Signal id → place."""


@click.command()
@click.argument("paths", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
@click.option(
    "--rules", "folders", multiple=True, required=True, type=click.Path(exists=True, path_type=Path)
)
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line instead of a table.")
@click.option("--format", "format_", type=click.Choice(sorted(FORMATS)), help="Instead of recognising.")
@click.option("--agency", default="", help="Whose logs these are.")
@click.option("--agency-field", default=None, help="Field of the event that names the agency.")
@click.option("--zone", default="UTC", show_default=True, help="For times without a zone, and for days.")
@click.option("--logsource", type=LogSourceType(), help="For files that do not tell.")
@click.option(
    "--jobs",
    type=click.IntRange(1, 64),
    default=None,
    help="Files read at a time; one a processor unless told.",
)
@click.option("--no-cache", is_flag=True, help="Read and compile the rules anew, and keep nothing.")
@click.option("--no-routing", is_flag=True, help="Try every rule on every event.")
@click.option("--strict", is_flag=True, help="Exit 2 if a file, record or rule could not be used.")
def scan(paths: tuple[Path, ...], folders: tuple[Path, ...], **options: Any) -> None:
    """Run Sigma rules over log files: EVTX, JSON, syslog, access logs; gzip and zstd of them.

    \b
    soc scan /var/log --rules rules
    soc scan case42/*.evtx --rules ~/sigma/rules/windows --json > hits.ndjson
    soc scan mail.log --rules rules --agency so-y-te --zone Asia/Ho_Chi_Minh
    """  # noqa: D301 - click reads \b
    manner = _manner(options)
    strict = bool(options["strict"])
    tally = Tally()
    findings = Findings()
    with _progress() as progress:
        task = progress.add_task("compiling rules", total=None)
        progress.refresh()
        content = _content(folders, cached=not options["no_cache"])
        understanding = content.understanding(routed=not options["no_routing"])
        progress.remove_task(task)
    gc.freeze()
    gc.set_threshold(500_000, 20, 100)  # what outlives a record is remembered values, without cycles
    jobs = options["jobs"] or len(os.sched_getaffinity(0))
    hits = _hits(list(find(list(paths))), understanding, manner, tally, jobs=jobs)
    with _failures_told():
        if options["as_json"]:
            _print_json(hits, content, manner, findings)
        else:
            _print_table(hits, content, manner, findings, tally)
        sys.stdout.flush()
    content.keep()
    _complain(content, tally)
    empty = not (content.rulebook.rules or content.rulebook.correlations)
    if empty:
        click.echo(f"no rule was loaded from {', '.join(map(shown, folders))}", err=True)
    if strict and (empty or tally.complaints() or content.rulebook.errors):
        sys.exit(2)


@contextmanager
def _failures_told() -> Iterator[None]:
    """Tell in one line what ends a scan early, and let SIGTERM end it as an exit does."""
    before = signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    try:
        yield
    except WorkerLost as error:
        raise click.ClickException(str(error)) from error
    except OSError as error:
        if error.errno == errno.EPIPE:  # click's own matter: nobody reads on
            raise
        _drop_output()
        raise click.ClickException(f"the scan stopped: {error.strerror}") from error
    finally:
        signal.signal(signal.SIGTERM, before)


def _drop_output() -> None:
    """Send what could not be written nowhere, or the interpreter would try again at its end."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)


def _progress() -> Progress:
    columns = (TextColumn("{task.description}"), *Progress.get_default_columns()[1:])
    # It draws only when told: processes are forked while it is shown, and a thread would not survive that.
    return Progress(*columns, console=Console(stderr=True), transient=True, auto_refresh=False)


def _hits(
    files: list[Path], understanding: Understanding, manner: Manner, tally: Tally, *, jobs: int
) -> Iterator[Hit]:
    with _progress() as progress:
        task = progress.add_task("reading", total=sum(map(_size, files)))
        progress.refresh()
        drawn = 0.0
        for path, hits in scan_files(files, understanding, manner, tally, jobs=jobs):
            size = _size(path)
            if size >= LARGE_BYTES or time.monotonic() - drawn >= DRAW_SECONDS:
                progress.update(task, description=escape(printable(path.name[-40:])), refresh=True)
                drawn = time.monotonic()
            yield from hits
            progress.advance(task, size)


def _size(path: Path) -> int:
    """Return 0 for what is gone: whoever reads it says so."""
    try:
        return path.stat().st_size
    except OSError:
        return 0


def _print_json(hits: Iterator[Hit], content: Content, manner: Manner, findings: Findings) -> None:
    plans = [plan for plan in content.rulebook.correlations if not plan.implicit]
    wanted = {rule for plan in plans for rule in plan.rules}
    for hit in hits:
        click.echo(msgspec.json.encode(hit_line(hit)))
        if hit.rule.id in wanted:
            findings.signals.append(hit.signal)
            findings.places[hit.signal.id] = hit.place
    spoken = {plan.id: plan for plan in plans if not plan.silent}
    standing = correlate(plans, findings.signals, manner.zone)
    for episode in standing:
        if episode.key.rule_id in spoken:
            plan = spoken[episode.key.rule_id]
            click.echo(msgspec.json.encode(episode_line(episode, plan.heading, findings.places, standing)))


def _print_table(
    hits: Iterator[Hit], content: Content, manner: Manner, findings: Findings, tally: Tally
) -> None:
    for hit in hits:
        findings.signals.append(hit.signal)
        findings.places[hit.signal.id] = hit.place
    plans = content.rulebook.correlations
    spoken = {plan.id: plan.heading for plan in plans if not plan.silent}
    standing = correlate(plans, findings.signals, manner.zone)
    alerts = [episode for episode in standing if episode.key.rule_id in spoken]
    show_table(alerts, spoken, {signal.id: signal for signal in findings.signals})
    click.echo(f"{tally.events} events, {tally.hits} matches, {len(alerts)} alerts", err=True)


def _manner(options: dict[str, Any]) -> Manner:
    zone = str(options["zone"])
    try:
        ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise click.BadParameter(
            f"{zone!r} is no IANA zone; e.g. Asia/Ho_Chi_Minh", param_hint="--zone"
        ) from error
    return Manner(
        zone=zone,
        format=_text(options["format_"]),
        logsource=options["logsource"],
        agency=str(options["agency"]).lower(),
        agency_field=_text(options["agency_field"]),
    )


def _text(value: object) -> str | None:
    return None if value is None else str(value)


def _content(folders: tuple[Path, ...], *, cached: bool) -> Content:
    cache = RuleCache(default_folder(), lambda line: click.echo(line, err=True)) if cached else None
    try:
        return read_content(list(folders), house_mappings(), cache)
    except ConfigError as error:
        raise click.ClickException(str(error)) from error


def _complain(content: Content, tally: Tally) -> None:
    unrouted = sum(not rule.routed for rule in content.rulebook.rules)
    if unrouted:
        click.echo(
            f"{unrouted} rules have a log source that no mapping knows: tried on every event", err=True
        )
    if tally.timeless:
        click.echo(
            f"{tally.timeless} records with matches have no time: the file's modification time stands in",
            err=True,
        )
    for line in (*content.rulebook.errors, *map(printable, tally.complaints())):
        click.echo(line, err=True)
