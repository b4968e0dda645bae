"""``soc agency``: who may send, and with what settings."""

import csv
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TextIO

import click

from soc.cli.verbs import config_option, say, settings_of

COLUMNS = ("agency", "collector", "exercise")
MAX_SITES = 5000

exercise_option = click.option("--exercise", default=None, help="Bind the credential to an exercise run.")


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
@click.argument("agency_or_csv")
@click.argument("collector", required=False)
@exercise_option
@click.option("--out", type=click.Path(path_type=Path), help="Where tokens for a CSV go; not there yet.")
@config_option
def enrol(
    agency_or_csv: str, collector: str | None, exercise: str | None, out: Path | None, config_path: Path
) -> None:
    """Make a one-time token with which a collector enrols within seven days; of a CSV, one for each line.

    The CSV has the columns agency, collector and, if wanted, exercise. One bad line, and nothing is made.

    \b
    soc agency enrol so-y-te mail-gateway
    soc agency enrol sites.csv --out tokens.csv
    """  # noqa: D301 - click reads \b
    settings = settings_of(config_path)
    if collector is not None:
        body = {"agency": agency_or_csv, "collector": collector, "exercise": exercise}
        click.echo(say(settings, "enrol-token", body)["token"])
        return
    source = Path(agency_or_csv)
    sites = _sites(source)
    target = out or source.with_suffix(".tokens.csv")
    with _new(target) as file:
        tokens = say(settings, "enrol-tokens", {"sites": sites})["tokens"]
        writer = csv.DictWriter(file, (*COLUMNS, "token"))
        writer.writeheader()
        writer.writerows({**site, "token": token} for site, token in zip(sites, tokens, strict=True))
    click.echo(f"{len(tokens)} tokens in {target}, good for seven days")


@agency.command()
@click.argument("agency_id")
@click.argument("sender")
@click.option("--days", default=397, show_default=True, help="How long it is good.")
@exercise_option
@config_option
def key(agency_id: str, sender: str, days: int, exercise: str | None, config_path: Path) -> None:
    """Make an API key for a program that sends to the bulk door; it is shown this once.

    \b
    soc agency key so-y-te filebeat
    """  # noqa: D301 - click reads \b
    body = {"agency": agency_id, "collector": sender, "exercise": exercise, "days": days}
    made = say(settings_of(config_path), "api-key", body)
    click.echo(f"{made['id']}:{made['secret']}")


@agency.command("revoke-key")
@click.argument("key_id")
@click.option("--why", required=True, help="Kept in the ledger.")
@config_option
def revoke_key(key_id: str, why: str, config_path: Path) -> None:
    """End an API key at its next request; KEY_ID is what stands before its colon."""
    say(settings_of(config_path), "revoke-key", {"key_id": key_id, "why": why})


@agency.command()
@click.argument("agency_id")
@click.argument("sender")
@click.argument("csr", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@exercise_option
@config_option
def certificate(agency_id: str, sender: str, csr: Path, exercise: str | None, config_path: Path) -> None:
    """Sign the request in CSR of a program that is no collector (rsyslog, Winlogbeat).

    Prints the certificate and the CA.

    \b
    openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout s.key -subj /CN=s -out s.csr
    soc agency certificate so-y-te rsyslog s.csr > s.pem
    """  # noqa: D301 - click reads \b
    body = {
        "agency": agency_id,
        "collector": sender,
        "exercise": exercise,
        "csr_pem": csr.read_text(encoding="utf-8", errors="replace"),
    }
    made = say(settings_of(config_path), "certificate", body)
    click.echo(made["certificate"] + made["ca"], nl=False)


@agency.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--agency", "agency_id", required=True, help="Whose collectors get it.")
@click.option("--collector", default=None, help="One of them; all unless told.")
@click.option("--exercise", default=None, help="Those of an exercise run; the live ones unless told.")
@config_option
def configure(
    file: Path, agency_id: str, collector: str | None, exercise: str | None, config_path: Path
) -> None:
    """Sign the collector settings in FILE and send them to the collectors of an agency.

    Each gets them with its next heartbeat, applies or refuses them, and goes back to those before when it
    cannot ship with them; ``soc collectors`` shows which.

    \b
    soc agency configure collector.toml --agency so-y-te
    """  # noqa: D301 - click reads \b
    body = {
        "agency": agency_id,
        "collector": collector,
        "exercise": exercise,
        "body": file.read_text(encoding="utf-8", errors="replace"),
    }
    told = say(settings_of(config_path), "configure", body)
    for sent in told["sent"]:
        click.echo(f"{sent['collector']}: revision {sent['number']}")
    if told["same"]:
        click.echo(f"{told['same']} have these settings already")


def _sites(path: Path) -> list[dict[str, Any]]:
    """Return the sites of a CSV, or end with every fault of it."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file)
            columns = set(reader.fieldnames or ())
            rows = list(enumerate(reader, 2))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise click.ClickException(f"{path}: {error}") from error
    if not {"agency", "collector"} <= columns <= set(COLUMNS):
        raise click.ClickException(
            f"{path}: columns {sorted(map(str, columns))}; accepted: {', '.join(COLUMNS)}"
        )
    faults = [f"{path}:{n}: {fault}" for n, row in rows if (fault := _fault(row))]
    sites = [{name: row.get(name) or None for name in COLUMNS} for _, row in rows]
    named = [json.dumps(site) for site in sites]
    faults += [
        f"{path}: {site} stands there twice" for site in sorted({s for s in named if named.count(s) > 1})
    ]
    if faults or not 0 < len(sites) <= MAX_SITES:
        raise click.ClickException(
            "\n".join(faults) or f"{path}: {len(sites)} sites; accepted: 1 to {MAX_SITES}"
        )
    return sites


def _fault(row: dict[str | Any, str | Any]) -> str:
    if None in row:
        return "more values than columns"
    return "" if row["agency"] and row["collector"] else "agency or collector is empty"


@contextmanager
def _new(path: Path) -> Iterator[TextIO]:
    """Open a new file that its owner alone can read; it goes again when nothing comes of it."""
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as error:
        raise click.ClickException(f"{path}: {error.strerror}") from error
    with os.fdopen(handle, "w", encoding="utf-8", newline="") as file:
        try:
            yield file
        except BaseException:
            path.unlink()
            raise
