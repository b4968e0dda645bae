"""``soc rules coverage``: ATT&CK techniques that the rules speak of, as a table or a Navigator layer."""

import json
import sys
from pathlib import Path

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from soc.cli.rules_given import content_of, paths_argument
from soc.rulebook.coverage import Coverage, by_tactic, coverage, navigator_layer

WIDE = 160
"""Columns when the output is not a terminal."""


@click.command("coverage")
@paths_argument
@click.option(
    "--json",
    "layer",
    type=click.Path(allow_dash=True, dir_okay=False, path_type=Path),
    help="Write a layer of the ATT&CK Navigator (format 4.5) to this file; - for the output.",
)
@click.option("--name", default="SOC rules", show_default=True, help="Name of the layer.")
def show_coverage(paths: tuple[Path, ...], layer: Path | None, name: str) -> None:
    """Say which ATT&CK techniques the rules name in their tags.

    A technique is listed under each tactic that its rules name. Rules that raise no alert of their own,
    rules without a technique and rules whose log source no mapping knows are counted.

    \b
    soc rules coverage
    soc rules coverage rules ~/sigma/rules --json layer.json
    """  # noqa: D301 - click reads \b
    found = coverage(content_of(paths).rulebook)
    if layer is None:
        _table(found)
        return
    text = json.dumps(navigator_layer(found, name), indent=1, ensure_ascii=False)
    if str(layer) == "-":
        click.echo(text)
        return
    try:
        layer.write_text(text + "\n", encoding="utf-8")
    except OSError as error:
        raise click.ClickException(f"{layer}: {error.strerror}") from error
    click.echo(f"{layer}: {len(found.techniques)} techniques of {found.rules} rules")


def _table(found: Coverage) -> None:
    table = Table("tactic", "technique", "rules", "titles", box=None)
    previous = None
    for tactic, item in by_tactic(found):
        silent = f" ({item.silent} silent)" if item.silent else ""
        titles = "; ".join(item.titles[:3]) + ("; …" if len(item.titles) > 3 else "")
        shown = "" if tactic == previous else tactic or "(none named)"
        table.add_row(*map(Text, (shown, item.id, f"{len(item.titles)}{silent}", titles)))
        previous = tactic
    Console(width=None if sys.stdout.isatty() else WIDE).print(table)
    click.echo(f"{len(found.techniques)} techniques of {found.rules} rules")
    for what, rules in (
        ("silent: raise no alert of their own, only feed correlations", found.silent),
        ("without a technique", found.untagged),
        ("unrouted: no mapping knows their log source", found.unrouted),
    ):
        if rules:
            more = f"; … {len(rules) - 10} more" if len(rules) > 10 else ""
            click.echo(f"{len(rules)} {what}: {'; '.join(rules[:10])}{more}")
