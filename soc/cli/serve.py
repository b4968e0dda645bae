"""``soc serve`` runs the centre; ``soc sign-in`` opens its console."""

import asyncio
import gc
import getpass
import resource
import signal
from asyncio.sslproto import SSLProtocol
from pathlib import Path

import click

from soc.app.serve import Addresses
from soc.app.serve import serve as run
from soc.cli.verbs import config_option, say, settings_of
from soc.kernel.clock import SystemClock
from soc.kernel.errors import SocError
from soc.kernel.logs import open_log
from soc.kernel.notify import notify
from soc.settings.model import Settings

TLS_READ_BYTES = 32 << 10
ROLES = ("viewer", "analyst", "lead", "administrator", "agency", "exercise")


@click.command()
@config_option
def serve(config_path: Path) -> None:
    """Run the centre: every role in one process, on the embedded store.

    \b
    soc serve --config /etc/soc/soc.toml
    """  # noqa: D301 - click reads \b
    settings = settings_of(config_path)
    try:
        asyncio.run(_serve(settings))
    except* SocError as group:
        raise click.ClickException("\n".join(str(error) for error in group.exceptions)) from group


@click.command("sign-in")
@click.argument("name")
@click.option("--role", type=click.Choice(ROLES), default="analyst", show_default=True)
@click.option("--agency", default=None, help="Only with --role agency: all it may see.")
@click.option("--password", is_flag=True, help="Ask for a password instead of making a one-time link.")
@config_option
def sign_in(name: str, role: str, agency: str | None, config_path: Path, *, password: bool) -> None:
    """Print a one-time sign-in link, or set a password.

    \b
    soc sign-in an --role analyst
    soc sign-in binh --role lead --password
    """  # noqa: D301 - click reads \b
    settings = settings_of(config_path)
    body = {"name": name, "role": role, "agency": agency}
    if password:
        say(settings, "password", {**body, "password": getpass.getpass("Password: ")})
    else:
        click.echo(say(settings, "sign-in", body)["url"])


async def _serve(settings: Settings) -> None:
    # Rules and parsed events are many small objects that live long: look for cycles less often.
    gc.set_threshold(50_000, 20, 100)
    # Each TLS connection has a read buffer of this size from its first byte: 256 KiB for each idle collector.
    SSLProtocol.max_size = TLS_READ_BYTES
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))  # each connection is a descriptor
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    await run(settings, clock=SystemClock(), log=open_log(), stop=stop, ready=_ready)


def _ready(addresses: Addresses) -> None:
    """Tell the terminal and systemd that everything listens."""
    click.echo(f"gateway {addresses.gateway}")
    for name, address in addresses.doors.items():
        click.echo(f"{name} {address}")
    click.echo(f"console {addresses.console}")
    notify("READY=1")
