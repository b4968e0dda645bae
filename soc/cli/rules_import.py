"""``soc rules import`` and ``diff``: public rule packages kept beside the house rules."""

import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from soc.app.package_source import Bundle, read_bundle
from soc.app.packages import About, install, installed, place_of
from soc.cli.rules_given import house_rules
from soc.kernel.clock import SystemClock
from soc.kernel.errors import ConfigError
from soc.rulebook.comparison import Change, Fate, compare
from soc.rulebook.documents import Document, RuleFile, documents

_source = click.argument("source", type=click.Path(exists=True, path_type=Path))
_into = click.option(
    "--into",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    default=None,
    help="The rules folder; else that of the house.",
)
_only = click.option("--only", multiple=True, help="Take only this folder of the package; may be repeated.")
MANY = 50
"""More changes than this are counted only, unless --all."""


@click.command("import")
@_source
@click.option("--as", "name", required=True, help="What the package is called here.")
@_into
@_only
@click.option("--version", default="", help="Else what its version.txt says, else the day.")
@click.option("--licence", default="", help="Else what its licence file says.")
@click.option("--replace", is_flag=True, help="Even if the folder was edited since; the edits are lost.")
def import_package(source: Path, name: str, into: Path | None, **options: Any) -> None:
    """Keep the rules of a public package (ZIP or folder) beside those of the house, with licence and hash.

    They lie in packages/NAME; the next import replaces them as a whole. What is wanted otherwise of single
    rules stands in overrides.yml of the rules folder, which no import touches.

    \b
    soc rules import sigma-master.zip --as sigmahq --only rules
    soc rules import ~/sigma --as sigmahq --version r2026-08-01 --into /etc/soc/rules
    """  # noqa: D301 - click reads \b
    folder = into or house_rules()
    day = SystemClock().now().date().isoformat()
    about = About(name, options["version"], options["licence"], day)
    try:
        place = place_of(folder, name)
        bundle = read_bundle(source, options["only"])
        before = installed(folder, name)[1] if place.exists() and not options["replace"] else None
        manifest = install(bundle, source, about, folder)
    except (ConfigError, OSError) as error:
        raise click.ClickException(str(error)) from error
    click.echo(
        f"{place}: {manifest.files} rule files, version {manifest.version}, licence {manifest.licence}"
    )
    if bundle.left_out:
        click.echo(f"{bundle.left_out} other files were left out")
    if before is not None:
        click.echo(_counted(list(compare(_documents(before), _documents(bundle)))))
    click.echo(f"see what they lack: soc rules check {place}")


@click.command("diff")
@click.argument("name")
@_source
@_into
@_only
@click.option("--all", "whole", is_flag=True, help="Name every rule, however many.")
def diff_package(name: str, source: Path, into: Path | None, only: tuple[str, ...], *, whole: bool) -> None:
    """Say what the package in SOURCE would change of the package NAME; exit 1 if anything.

    \b
    soc rules diff sigmahq sigma-master.zip --only rules
    """  # noqa: D301 - click reads \b
    try:
        _, before = installed(into or house_rules(), name)
        after = read_bundle(source, only)
    except (ConfigError, OSError) as error:
        raise click.ClickException(str(error)) from error
    changes = compare(_documents(before), _documents(after))
    for fate in Fate:
        some = [change for change in changes if change.fate is fate]
        shown = some if whole else some[:MANY]
        for change in shown:
            click.echo(_line(change))
        if len(shown) < len(some):
            click.echo(f"… {len(some) - len(shown)} more {fate} (--all)")
    click.echo(_counted(changes))
    sys.exit(1 if changes else 0)


def _documents(bundle: Bundle) -> Iterator[Document]:
    for path, content in bundle.rules.items():
        yield from documents(RuleFile(path, content.decode("utf-8", "replace")))[0]


def _line(change: Change) -> str:
    parts = f": {', '.join(change.parts)}" if change.parts else ""
    return f"{change.fate:8} {change.title} ({change.id}){parts}"


def _counted(changes: list[Change]) -> str:
    counts = Counter(change.fate for change in changes)
    return ", ".join(f"{counts[fate]} {fate}" for fate in Fate)
