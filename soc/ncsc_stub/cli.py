"""``soc-ncsc-stub`` runs the stand-in and makes certificates to try it with."""

import asyncio
import re
import signal
import sqlite3
from pathlib import Path

import click
import msgspec

from soc.ncsc_stub import pki as certificates
from soc.ncsc_stub.instants import system_clock
from soc.ncsc_stub.notify import notify
from soc.ncsc_stub.server import Addresses
from soc.ncsc_stub.server import serve as run
from soc.ncsc_stub.settings import Settings, SettingsError, load

_FILE = click.Path(path_type=Path)
_PROVINCE = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")


@click.group()
def main() -> None:
    """Stand in for the national centre: receive reports, answer for them, publish warnings."""


@main.command()
@click.option("--config", type=_FILE, default=None, help="A TOML file; flags go before it.")
@click.option("--listen", help="host:port of the interface to provinces (TLS 1.3, client certificate).")
@click.option("--admin", help="host:port of the hand behind it; loopback only, no sign-in.")
@click.option("--data-dir", help="Folder of its state.")
@click.option("--cert", help="Its certificate (PEM).")
@click.option("--key", help="The certificate's key (PEM).")
@click.option("--client-ca", help="Whose client certificates are let in (PEM).")
def serve(config: Path | None, **flags: str | None) -> None:
    """Listen until SIGTERM; one JSON line on stdout says where.

    \b
    soc-ncsc-stub serve --config /etc/soc/ncsc_stub.toml
    """  # noqa: D301 - click reads \b
    try:
        settings = load(config, {name: value for name, value in flags.items() if value is not None})
        asyncio.run(_serve(settings))
    except (SettingsError, OSError, sqlite3.Error) as error:
        raise click.ClickException(str(error)) from error


@main.command()
@click.option("--out", type=_FILE, required=True, help="Folder for the certificates.")
@click.option("--province", default="tinh", show_default=True, help="Id of the province.")
def pki(out: Path, province: str) -> None:
    """Make an authority, a server on this machine and a province's certificates, live and exercise.

    \b
    soc-ncsc-stub pki --out /tmp/ncsc-pki --province tinh
    """  # noqa: D301 - click reads \b
    if not _PROVINCE.fullmatch(province):
        raise click.BadParameter("expected 1-63 of a-z 0-9 -", param_hint="--province")
    try:
        certificates.make(out, province, system_clock)
    except OSError as error:
        raise click.ClickException(str(error)) from error


async def _serve(settings: Settings) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    await run(settings, now_ms=system_clock, stop=stop, ready=_ready)


def _ready(addresses: Addresses) -> None:
    line = {"ready": True, "api": addresses.api, "admin": addresses.admin}
    click.echo(msgspec.json.encode(line).decode())
    notify("READY=1")
