"""What ``soc scan`` prints: one JSON object a line, or a table of alerts for people."""

from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from soc.cli.tables import printable
from soc.kernel.clock import iso_ms
from soc.model.episode import Episode, Member
from soc.model.signal import Signal
from soc.pipeline.scan import Hit, Place
from soc.rulebook.attribution import attribution
from soc.rulebook.plan import Heading

HOST_FIELDS = ("Computer", "host.name", "hostname", "host", "c-ip", "src_ip")
WIDE = 200
"""Columns when the output is not a terminal."""
COLOURS = {"critical": "bold red", "high": "red", "medium": "yellow", "low": "cyan"}


def hit_line(hit: Hit) -> dict[str, Any]:
    """Return the ``signal`` line of one rule on one event."""
    return {
        "kind": "signal",
        "rule": _rule(hit.rule.heading),
        "at": iso_ms(hit.signal.at_ms),
        "agency": hit.signal.agency or None,
        "event": {"file": hit.place.file, "record": hit.place.record},
        "fields": hit.signal.fields,
    }


def episode_line(
    episode: Episode, heading: Heading, places: Mapping[str, Place], standing: Sequence[Episode]
) -> dict[str, Any]:
    """Return the ``episode`` line of a standing correlation."""
    children = {found.id: found for found in standing}
    return {
        "kind": "episode",
        "rule": _rule(heading),
        "group": dict(episode.key.group),
        "agency": episode.key.agency or None,
        "first_at": iso_ms(episode.first_at_ms),
        "last_at": iso_ms(episode.last_at_ms),
        "count": episode.count,
        "signals": [_member(member, places, children) for member in episode.members],
    }


def show_table(
    alerts: Sequence[Episode], headings: Mapping[str, Heading], signals: Mapping[str, Signal]
) -> None:
    """Print alerts by severity, host and time."""
    rows = []
    for episode in alerts:
        heading = headings[episode.key.rule_id]
        rows.append((-heading.level.rank, _host(episode, signals), episode.first_at_ms, heading, episode))
    table = Table("severity", "host", "first (UTC)", "last (UTC)", "count", "rule", "group", box=None)
    for _, host, _, heading, episode in sorted(rows, key=lambda row: row[:3]):
        level = heading.level.value
        cells = (
            host,
            iso_ms(episode.first_at_ms),
            iso_ms(episode.last_at_ms),
            str(episode.count),
            heading.title,
            ", ".join(f"{name}={value}" for name, value in episode.key.group),
        )
        table.add_row(Text(level, COLOURS.get(level, "white")), *(Text(printable(cell)) for cell in cells))
    console = Console()
    Console(width=console.width if console.is_terminal else WIDE).print(table)
    written = (headings[episode.key.rule_id] for episode in alerts)
    for line in sorted({attribution(heading) for heading in written if heading.author}):
        print(f"rule: {printable(line)}")


def _rule(heading: Heading) -> dict[str, str]:
    about = {"id": heading.id, "title": heading.title, "level": heading.level.value}
    papers = {"author": heading.author, "licence": heading.licence}
    return about | {name: text for name, text in papers.items() if text}


def _member(member: Member, places: Mapping[str, Place], children: Mapping[str, Episode]) -> dict[str, Any]:
    line: dict[str, Any] = {"rule": {"id": member.rule_id}, "at": iso_ms(member.at_ms)}
    place = places.get(member.id)
    if place is not None:
        return {**line, "event": {"file": place.file, "record": place.record}}
    child = children.get(member.id)
    first = member.child_first_ms if child is None else child.first_at_ms
    last = member.child_last_ms if child is None else child.last_at_ms
    return {**line, "first_at": iso_ms(first or member.at_ms), "last_at": iso_ms(last or member.at_ms)}


def _host(episode: Episode, signals: Mapping[str, Signal]) -> str:
    for member in episode.members:
        fields = signals[member.id].fields if member.id in signals else {}
        for name in HOST_FIELDS:
            if isinstance(fields.get(name), str):
                return str(fields[name])
    return ""
