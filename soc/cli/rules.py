"""``soc rules``: the tools of rule authors; this module joins them, lists, shows and tests."""

import errno
import sys
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from soc.cli.case_files import read_cases
from soc.cli.rule_cases import failures
from soc.cli.rules_bench import bench
from soc.cli.rules_check import check
from soc.cli.rules_coverage import show_coverage
from soc.cli.rules_explain import explain_rule
from soc.cli.rules_given import chosen, content_of, named, paths_argument, plans_of
from soc.cli.rules_import import diff_package, import_package
from soc.cli.rules_mutate import mutate
from soc.cli.rules_schema import print_schema
from soc.kernel.errors import ConfigError
from soc.rulebook.plan import CorrelationPlan, Heading, RulePlan


class _Rules(click.Group):
    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except OSError as error:
            if error.errno == errno.EPIPE:  # whoever read has seen enough; click ends quietly
                raise
            raise click.ClickException(f"{error.filename or 'output'}: {error.strerror}") from error


@click.group(cls=_Rules)
def rules() -> None:
    """Check, explain and test Sigma rules; without PATHS those that ship with the program."""


for command in (
    bench,
    check,
    show_coverage,
    diff_package,
    explain_rule,
    import_package,
    mutate,
    print_schema,
):
    rules.add_command(command)


@rules.command("list")
@paths_argument
def list_rules(paths: tuple[Path, ...]) -> None:
    """List rules and correlations by level and title.

    \b
    soc rules list
    soc rules list ~/sigma/rules/windows
    """  # noqa: D301 - click reads \b
    table = Table("level", "title", "kind", "about", "id", box=None)
    for plan in sorted(plans_of(content_of(paths)), key=lambda p: (-p.heading.level.rank, p.heading.title)):
        cells = (plan.heading.level.value, plan.heading.title, *_kind(plan), plan.id)
        table.add_row(*map(Text, cells))
    Console(width=None if sys.stdout.isatty() else 200).print(table)


@rules.command()
@click.argument("name")
@paths_argument
def show(name: str, paths: tuple[Path, ...]) -> None:
    """Show the rule with the id or name NAME as it is written, and what was understood.

    \b
    soc rules show ssh_password_guessing
    """  # noqa: D301 - click reads \b
    for plan in named(name, content_of(paths)):
        _show(plan.heading, plan)


@rules.command("test")
@paths_argument
def run_cases(paths: tuple[Path, ...]) -> None:
    """Run NAME.cases.yaml beside each rule file; exit 1 if a case fails or a rule is bad.

    Name every folder that a correlation's rules live in: usually the whole of rules/.

    \b
    soc rules test
    soc rules test rules
    """  # noqa: D301 - click reads \b
    content = content_of(paths)
    try:
        cases = read_cases(chosen(paths))
    except ConfigError as error:
        raise click.ClickException(str(error)) from error
    faults = [*content.rulebook.errors, *failures(cases, content)]
    for line in faults:
        click.echo(line, err=True)
    count = sum(file.size for file in cases)
    click.echo(f"{count} cases in {len(cases)} files, {len(faults)} faults")
    sys.exit(1 if faults else 0)


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
