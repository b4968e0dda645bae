"""A verb said to the running centre over its socket, and its answer."""

import asyncio
from pathlib import Path
from typing import Any

import aiohttp
import click

from soc.kernel.errors import ConfigError
from soc.settings.load import load
from soc.settings.model import Settings

TIMEOUT_S = 15

config_option = click.option(
    "--config",
    "config_path",
    type=click.Path(path_type=Path),
    default=Path("/etc/soc/soc.toml"),
    show_default=True,
    help="The centre's settings file.",
)


def settings_of(path: Path) -> Settings:
    """Return the settings in *path*, or end with every fault of it."""
    try:
        return load(path)
    except ConfigError as error:
        raise click.ClickException(str(error)) from error


def say(
    settings: Settings, verb: str, body: dict[str, Any] | None = None, *, within_s: int = TIMEOUT_S
) -> Any:
    """Say *verb* (POST with a body, GET without) and return the JSON answer."""
    socket = settings.data_dir / "soc.sock"
    if not socket.exists():
        raise click.ClickException(
            f"no centre runs on {settings.data_dir} (start it: soc serve --config FILE)"
        )
    return asyncio.run(_say(socket, verb, body, within_s))


async def _say(socket: Path, verb: str, body: dict[str, Any] | None, within_s: int) -> Any:
    connector = aiohttp.UnixConnector(path=str(socket))
    try:
        async with (
            aiohttp.ClientSession(
                connector=connector, timeout=aiohttp.ClientTimeout(total=within_s)
            ) as session,
            session.request("GET" if body is None else "POST", f"http://soc/{verb}", json=body) as answer,
        ):
            if answer.status != 200:
                raise click.ClickException(await answer.text())
            return await answer.json()
    except (aiohttp.ClientConnectionError, TimeoutError) as error:
        raise click.ClickException(f"the centre does not answer on {socket}: {error}") from error
