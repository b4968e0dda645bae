"""``soc agency`` and ``soc collectors``: who may ship, and what arrived."""

from pathlib import Path

import click
from rich.console import Console
from rich.table import Table

from soc.cli.verbs import config_option, say, settings_of
from soc.kernel.clock import iso_ms


@click.group()
def agency() -> None:
    """The agencies of this province."""


@agency.command("list")
@config_option
def list_agencies(config_path: Path) -> None:
    """List the agencies in the settings."""
    for found in settings_of(config_path).agency:
        click.echo(f"{found.id}\t{found.name}\t{found.zone}")


@agency.command()
@click.argument("agency_id")
@click.argument("collector")
@click.option("--exercise", default=None, help="Bind the credential to an exercise run.")
@config_option
def enrol(agency_id: str, collector: str, exercise: str | None, config_path: Path) -> None:
    """Make a one-time token with which a collector enrols within seven days.

    \b
    soc agency enrol so-y-te mail-gateway
    """  # noqa: D301 - click reads \b
    body = {"agency": agency_id, "collector": collector, "exercise": exercise}
    click.echo(say(settings_of(config_path), "enrol-token", body)["token"])


@click.group(invoke_without_command=True)
@config_option
@click.pass_context
def collectors(context: click.Context, config_path: Path) -> None:
    """Show each collector: received, stored, missing, lag."""
    if context.invoked_subcommand is None:
        _show(say(settings_of(config_path), "collectors"))


@collectors.command()
@click.argument("serial")
@click.option("--why", required=True, help="Kept in the ledger.")
@config_option
def revoke(serial: str, why: str, config_path: Path) -> None:
    """End a collector's certificate at its next request."""
    say(settings_of(config_path), "revoke", {"serial": serial, "why": why})


def _show(rows: list[dict[str, object]]) -> None:
    table = Table("agency", "collector", "run", "condition", "last seen", "received", "stored", box=None)
    for name in ("reread", "known", "quarantined", "declared_gap", "unexplained_gap", "lag_ms", "serial"):
        table.add_column(name)
    for row in rows:
        origin = row["origin"]
        assert isinstance(origin, dict)
        last_seen = iso_ms(int(str(row["last_seen_ms"])))
        cells = [
            origin["agency"],
            origin["collector"],
            origin["exercise"] or "live",
            row["condition"],
            last_seen,
        ]
        names = (
            "received",
            "stored",
            "reread",
            "known",
            "quarantined",
            "declared_gap",
            "unexplained_gap",
            "lag_ms",
            "serial",
        )
        table.add_row(*map(str, cells), *(str(row[name]) for name in names))
    Console(width=200).print(table)
