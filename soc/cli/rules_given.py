"""The rules that a verb of ``soc rules`` is given: files and folders, or those that ship with the program."""

from pathlib import Path

import click

from soc.app.content import Content, house_mappings, read_content
from soc.kernel.errors import ConfigError
from soc.rulebook.documents import Document
from soc.rulebook.plan import CorrelationPlan, Heading, RulePlan
from soc.rulebook.rule_files import path_text, read_file, read_pipeline_files
from soc.rulebook.variants import Variants, document_at

PATH = click.Path(exists=True, path_type=Path)
paths_argument = click.argument("paths", nargs=-1, type=PATH)
rules_option = click.option(
    "--rules", "paths", multiple=True, type=PATH, help="Rule files or folders; else those of the house."
)


def house_rules() -> Path:
    """Return the folder of the rules that ship with the program."""
    return house_mappings().parent


def chosen(paths: tuple[Path, ...]) -> list[Path]:
    """Return *paths*, or the house rules if there are none."""
    return list(paths) or [house_rules()]


def content_of(paths: tuple[Path, ...]) -> Content:
    """Return the rules at *paths*, loaded; ends the program if they cannot be read at all."""
    try:
        return read_content(chosen(paths), house_mappings())
    except ConfigError as error:
        raise click.ClickException(str(error)) from error


def plans_of(content: Content) -> list[RulePlan | CorrelationPlan]:
    """Return every rule and every correlation that somebody wrote."""
    book = content.rulebook
    return [*book.rules, *(plan for plan in book.correlations if not plan.implicit)]


def named(name: str, content: Content) -> list[RulePlan | CorrelationPlan]:
    """Return the rules with the id, name or file *name*; ends the program if there are none."""
    path = path_text(Path(name))
    found = [
        plan
        for plan in plans_of(content)
        if name in (plan.id, plan.heading.name) or path == plan.heading.location.path
    ]
    if not found:
        faults = [line for line in content.rulebook.errors if line.startswith(f"{path}:")]
        if faults:
            raise click.ClickException("\n".join(faults))
        raise click.ClickException(f"no rule has the id or name {name!r}; see: soc rules list")
    return found


def variants_of(paths: tuple[Path, ...]) -> Variants:
    """Return what compiles variants of the rules at *paths*."""
    return Variants(read_pipeline_files(chosen(paths)))


def document_of(heading: Heading) -> Document | None:
    """Return the document that the rule of *heading* was read from."""
    return document_at(read_file(Path(heading.location.path)), heading.location)
