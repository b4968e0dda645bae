"""``soc rules``: check, list, show and test Sigma rules before they run."""

import sys
from pathlib import Path

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from soc.app.content import Content, house_mappings, read_content
from soc.cli.case_files import read_cases
from soc.cli.rule_cases import failures
from soc.kernel.errors import ConfigError
from soc.rulebook.plan import CorrelationPlan, Heading, RulePlan

_PATH = click.Path(exists=True, path_type=Path)
_paths = click.argument("paths", nargs=-1, type=_PATH)


@click.group()
def rules() -> None:
    """Check, list, show and test Sigma rules; without PATHS those that ship with the program."""


@rules.command()
@_paths
def check(paths: tuple[Path, ...]) -> None:
    """Say every fault of the rules at once; exit 1 if there is any.

    \b
    soc rules check rules
    soc rules check rules ~/sigma/rules/windows
    """  # noqa: D301 - click reads \b
    book = _content(paths).rulebook
    for line in book.warnings:
        click.echo(f"warning: {line}", err=True)
    for line in book.errors:
        click.echo(f"error: {line}", err=True)
    written = sum(not plan.implicit for plan in book.correlations)
    click.echo(
        f"{len(book.rules)} rules and {written} correlations are good, "
        f"{len(book.errors)} faults, {len(book.warnings)} warnings"
    )
    sys.exit(1 if book.errors else 0)


@rules.command("list")
@_paths
def list_rules(paths: tuple[Path, ...]) -> None:
    """List rules and correlations by level and title."""
    table = Table("level", "title", "kind", "about", "id", box=None)
    for plan in sorted(_plans(_content(paths)), key=lambda p: (-p.heading.level.rank, p.heading.title)):
        cells = (plan.heading.level.value, plan.heading.title, *_kind(plan), plan.id)
        table.add_row(*map(Text, cells))
    Console(width=None if sys.stdout.isatty() else 200).print(table)


@rules.command()
@click.argument("name")
@_paths
def show(name: str, paths: tuple[Path, ...]) -> None:
    """Show the rule with the id or name NAME as it is written, and what was understood.

    \b
    soc rules show ssh_password_guessing
    """  # noqa: D301 - click reads \b
    found = [p for p in _plans(_content(paths)) if name in (p.id, p.heading.name)]
    if not found:
        raise click.ClickException(f"no rule has the id or name {name!r}; see: soc rules list")
    for plan in found:
        _show(plan.heading, plan)


@rules.command("test")
@_paths
def run_cases(paths: tuple[Path, ...]) -> None:
    """Run NAME.cases.yaml beside each rule file; exit 1 if a case fails or a rule is bad.

    Name every folder that a correlation's rules live in: usually the whole of rules/.

    \b
    soc rules test
    soc rules test rules
    """  # noqa: D301 - click reads \b
    content = _content(paths)
    try:
        cases = read_cases(_chosen(paths))
    except ConfigError as error:
        raise click.ClickException(str(error)) from error
    faults = [*content.rulebook.errors, *failures(cases, content)]
    for line in faults:
        click.echo(line, err=True)
    count = sum(file.size for file in cases)
    click.echo(f"{count} cases in {len(cases)} files, {len(faults)} faults")
    sys.exit(1 if faults else 0)


def _chosen(paths: tuple[Path, ...]) -> list[Path]:
    return list(paths) or [house_mappings().parent]


def _content(paths: tuple[Path, ...]) -> Content:
    try:
        return read_content(_chosen(paths), house_mappings())
    except ConfigError as error:
        raise click.ClickException(str(error)) from error


def _plans(content: Content) -> list[RulePlan | CorrelationPlan]:
    book = content.rulebook
    return [*book.rules, *(plan for plan in book.correlations if not plan.implicit)]


def _kind(plan: RulePlan | CorrelationPlan) -> tuple[str, str]:
    if isinstance(plan, CorrelationPlan):
        return plan.type.value, f"{len(plan.rules)} rules"
    source = plan.logsource
    return "rule", "/".join(part for part in (source.product, source.category, source.service) if part)


def _show(heading: Heading, plan: RulePlan | CorrelationPlan) -> None:
    click.echo(f"# {heading.location}\n# version {plan.version}")
    if isinstance(plan, RulePlan):
        click.echo(f"# reads {', '.join(sorted(plan.fields)) or 'the whole event'}")
        click.echo("# routed by log source" if plan.routed else "# tried on every event")
    else:
        click.echo("# silent: raises no alert of its own" if plan.silent else "# raises alerts")
    click.echo(heading.text)
