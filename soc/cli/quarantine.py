"""``soc quarantine``: records that could not be read, and reading them again after a parser is mended."""

import base64
import sys
from datetime import date
from pathlib import Path
from typing import Any

import click

from soc.cli.tables import print_table, printable
from soc.cli.verbs import config_option, say, settings_of

WITHIN_S = 24 * 3600

agency_option = click.option("--agency", default=None, help="Of one agency; all unless told.")
exercise_option = click.option("--exercise", default=None, help="Of an exercise run; live unless told.")


@click.group()
def quarantine() -> None:
    """Records that no parser understood: kept as they came, counted, readable again later."""


@quarantine.command("list")
@agency_option
@exercise_option
@config_option
def list_(agency: str | None, exercise: str | None, config_path: Path) -> None:
    """Count them by sender, source, format and reason, with the key of one of each kind.

    \b
    soc quarantine list --agency so-y-te
    """  # noqa: D301 - click reads \b
    told = say(settings_of(config_path), "quarantine", {"agency": agency, "exercise": exercise})
    names = ("count", "agency", "collector", "source", "format", "reason", "key")
    print_table(names, ([row[name] for name in names] for row in told))


@quarantine.command()
@click.argument("key")
@click.option("--raw", is_flag=True, help="Its bytes as they came, and nothing else.")
@exercise_option
@config_option
def show(key: str, exercise: str | None, config_path: Path, *, raw: bool) -> None:
    """Show the record of KEY, with what was wrong.

    \b
    soc quarantine show 2026-11-24/0f3a… --raw > record.bin
    """  # noqa: D301 - click reads \b
    told = say(settings_of(config_path), "quarantine-show", {"key": key, "exercise": exercise})
    content = base64.b64decode(told["raw"])
    if raw:
        sys.stdout.buffer.write(content)
        return
    for name in ("agency", "collector", "source", "format", "reason"):
        click.echo(f"{name:<10} {printable(told[name])}")
    click.echo(f"{'bytes':<10} {len(content)}")
    click.echo(repr(content[:1000]))


@quarantine.command()
@agency_option
@exercise_option
@click.option("--from", "from_day", type=click.DateTime(["%Y-%m-%d"]), help="First day (UTC), included.")
@click.option("--to", "to_day", type=click.DateTime(["%Y-%m-%d"]), help="Last day, included.")
@config_option
def replay(agency: str | None, exercise: str | None, config_path: Path, **days: date | None) -> None:
    """Read them again; what can be read by now is searched and matched like anything else.

    Nothing is stored twice, however often this is said.

    \b
    soc quarantine replay --from 2026-11-20
    """  # noqa: D301 - click reads \b
    wanted: dict[str, Any] = {"agency": agency, "exercise": exercise}
    wanted |= {name: f"{day:%Y-%m-%d}" for name, day in days.items() if day is not None}
    told = say(settings_of(config_path), "quarantine-replay", wanted, within_s=WITHIN_S)
    click.echo(f"{told['replayed']} read, {told['still']} still cannot be read")
