"""``soc collectors``: what arrived of each, what is missing, how late it is, how it is set up."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from soc.cli.tables import print_table
from soc.cli.verbs import config_option, say, settings_of
from soc.kernel.clock import iso_ms

COUNTS = ("received", "stored", "reread", "known", "quarantined")
MISSING = (*COUNTS, "declared", "unexplained", "lag s", "clock s")
FLEET = ("agency", "collector", "run", "condition", "last seen", *MISSING, "settings", "version", "serial")
BY_DAY = ("agency", "collector", "run", "day", *MISSING, "last seen")


@click.group(invoke_without_command=True)
@click.option("--days", default=0, help="The newest so many days of each (UTC), up to 92.")
@config_option
@click.pass_context
def collectors(context: click.Context, days: int, config_path: Path) -> None:
    """Show each collector: received, stored, missing, lag, settings.

    An unexplained gap must be 0: records that were acknowledged and are not in the store.

    \b
    soc collectors
    soc collectors --days 7
    """  # noqa: D301 - click reads \b
    if context.invoked_subcommand is None:
        rows = say(settings_of(config_path), f"collectors?days={days}")
        if days:
            print_table(BY_DAY, _by_day(rows))
        else:
            print_table(FLEET, _fleet(rows))


@collectors.command()
@click.argument("serial")
@click.option("--why", required=True, help="Kept in the ledger.")
@config_option
def revoke(serial: str, why: str, config_path: Path) -> None:
    """End a collector's certificate, and those renewed from it, at its next request."""
    say(settings_of(config_path), "revoke", {"serial": serial, "why": why})


def _fleet(rows: list[dict[str, Any]]) -> Iterator[list[object]]:
    for row in rows:
        yield [
            *_who(row),
            ", ".join(row["conditions"]) or "ok",
            iso_ms(row["last_seen_ms"]),
            *(row[name] for name in COUNTS),
            row["declared_gap"],
            row["unexplained_gap"],
            row["lag_ms"] // 1000,
            _seconds(row["clock_offset_ms"]),
            _settings(row),
            row["software"],
            row["serial"],
        ]


def _by_day(rows: list[dict[str, Any]]) -> Iterator[list[object]]:
    for row in rows:
        for day in row["days"]:
            yield [
                *_who(row),
                day["day"],
                *(day["counts"][name] for name in COUNTS),
                day["counts"]["declared"],
                day["unexplained_gap"],
                day["lag_ms"] // 1000,
                _seconds(day["clock_offset_ms"]),
                iso_ms(day["last_seen_ms"]) if day["last_seen_ms"] else "",
            ]


def _who(row: dict[str, Any]) -> list[str]:
    origin = row["origin"]
    return [origin["agency"], origin["collector"], origin["exercise"] or "live"]


def _seconds(ms: int) -> str:
    return f"{ms / 1000:+.1f}"


def _settings(row: dict[str, Any]) -> str:
    """Say which revision a collector runs, of which newest, and whether somebody changed it by hand."""
    state = row["configuration"]
    if not row["revision"]:
        return "own"
    if state is None:
        return f"?/{row['revision']}"
    said = f"{state['number']}/{row['revision']} {state['fate']}"
    why = f": {state['why'][:60]}" if state["why"] else ""
    return said + (" (changed by hand)" if row["drifted"] and not why else why)
