"""``soc playbook``: check playbooks as they are written, before a centre loads them."""

import sys
from pathlib import Path

import click

from soc.response.linter import check as faults_of


@click.group()
def playbook() -> None:
    """Playbooks: what is done about an alert, step by step."""


@playbook.command()
@click.argument("paths", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
def check(paths: tuple[Path, ...]) -> None:
    """Say everything that is wrong with the playbooks in PATHS (files, or folders of *.yaml)."""
    files = [file for path in paths for file in _playbooks(path)]
    wrong = 0
    for file in files:
        try:
            faults = faults_of(file.read_text(encoding="utf-8"))[1]
        except UnicodeDecodeError:
            faults = ["not UTF-8"]
        wrong += bool(faults)
        for fault in faults:
            click.echo(f"{file}: {fault}", err=True)
    click.echo(f"{len(files)} playbooks, {wrong} with faults")
    if wrong:
        sys.exit(1)


def _playbooks(path: Path) -> list[Path]:
    if path.is_file():
        return [path]
    return sorted(file for file in path.glob("*.yaml") if not file.name.endswith(".cases.yaml"))
