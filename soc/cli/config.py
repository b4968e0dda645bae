"""``soc config``: checks a settings file, prints its schema."""

import json
from pathlib import Path

import click

from soc.kernel.errors import ConfigError
from soc.settings.load import load, schema


@click.group()
def config() -> None:
    """Check settings before they run."""


@config.command()
@click.argument("path", type=click.Path(path_type=Path))
def check(path: Path) -> None:
    """Say every fault of a settings file at once.

    \b
    soc config check /etc/soc/soc.toml
    """  # noqa: D301 - click reads \b
    try:
        settings = load(path)
    except ConfigError as error:
        raise click.ClickException(f"not usable:\n{error}") from error
    click.echo(f"{path}: good ({len(settings.agency)} agencies)")


@config.command("schema")
def print_schema() -> None:
    """Print the JSON Schema of the settings file, for editors."""
    click.echo(json.dumps(schema(), ensure_ascii=False, indent=2))
