"""What the collector's commands have in common: where the settings are, and errors in one plain message."""

from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import ParamSpec

import click

from soc.kernel.errors import SocError

P = ParamSpec("P")
config_option = click.option(
    "--config",
    "config_path",
    type=click.Path(dir_okay=False, path_type=Path),
    default=Path("/etc/soc/collector.toml"),
    show_default=True,
    help="Settings file.",
)


def plainly(command: Callable[P, None]) -> Callable[P, None]:
    """Turn our errors into one plain message and exit status 1."""

    @wraps(command)
    def run(*args: P.args, **kwargs: P.kwargs) -> None:
        try:
            command(*args, **kwargs)
        except* SocError as group:
            raise click.ClickException("\n".join(str(error) for error in group.exceptions)) from group

    return run
