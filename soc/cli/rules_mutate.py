"""``soc rules mutate``: leaves out each part of a rule in turn and names what no case would miss."""

import sys
import time
from collections.abc import Iterator
from pathlib import Path

import click
import msgspec

from soc.app.content import Content
from soc.cli.case_files import CaseFile, read_cases
from soc.cli.rule_cases import Trial, failures, signals_of, standing, subject, trials
from soc.cli.rules_given import chosen, content_of, document_of, paths_argument, plans_of, variants_of
from soc.detection import reference
from soc.detection.engine import Engine
from soc.kernel.errors import ConfigError
from soc.rulebook.documents import Document
from soc.rulebook.loosening import Looser, looser
from soc.rulebook.mutation import Mutant, mutants
from soc.rulebook.plan import CorrelationPlan, Heading, RulePlan
from soc.rulebook.variants import Variants, replaced

SAY_SECONDS = 2.0
"""Between two lines of progress."""


@click.command("mutate")
@paths_argument
@click.option("--values", is_flag=True, help="Leave out each value of a list, too.")
@click.option(
    "--seconds",
    type=click.FloatRange(min=0),
    default=600,
    show_default=True,
    help="Begin no rule after this time.",
)
def mutate(paths: tuple[Path, ...], *, values: bool, seconds: float) -> None:
    """Leave out each selection, item and condition in turn; exit 1 if the cases of a rule do not notice.

    Of a correlation: each rule, group, operator, its order, its timespan, and that agencies are kept apart.
    What is named either needs a case that fails without it, or is not needed.

    \b
    soc rules mutate
    soc rules mutate rules --values
    """  # noqa: D301 - click reads \b
    content = content_of(paths)
    try:
        files = read_cases(chosen(paths))
    except ConfigError as error:
        raise click.ClickException(str(error)) from error
    faults = [*content.rulebook.errors, *failures(files, content)]
    if faults:
        raise click.ClickException("\n".join([*faults, "nothing is left out until: soc rules test"]))
    if not any(file.size for file in files):
        raise click.ClickException(f"{len(plans_of(content))} rules have no cases: nothing was asked")
    variants = variants_of(paths)
    began = said = time.monotonic()
    survivors = 0
    for number, file in enumerate(files):
        now = time.monotonic()
        if now - began > seconds:
            raise click.ClickException(
                f"{seconds:g} s are over; {len(files) - number} of {len(files)} files not tried"
            )
        if now - said > SAY_SECONDS:
            said = now
            click.echo(f"{number} of {len(files)} files, {survivors} survivors", err=True)
        for line in unnoticed(file, content, variants, values=values):
            survivors += 1
            click.echo(line)
    click.echo(f"{len(files)} files, {survivors} parts that no case would miss")
    sys.exit(1 if survivors else 0)


def unnoticed(file: CaseFile, content: Content, variants: Variants, *, values: bool = False) -> Iterator[str]:
    """Yield a located line for each part of the rule of *file* that its cases, which hold, would not miss."""
    rule = subject(file, content.rulebook.rules)
    if rule is not None and (file.cases.match or file.cases.no_match):
        asked = list(trials(file, rule, content))
        yield from _of_rule(rule, asked, variants, values=values)
    plan = subject(file, [plan for plan in content.rulebook.correlations if not plan.implicit])
    if plan is not None and file.cases.sequences:
        yield from _of_correlation(plan, file, content)


def _of_rule(rule: RulePlan, asked: list[Trial], variants: Variants, *, values: bool) -> Iterator[str]:
    document = document_of(rule.heading)
    written = None if document is None else variants.condition(document, document.data)
    if document is None or written is None:
        return
    for mutant in mutants(document, values=values):
        condition = variants.condition(document, mutant.data)
        if condition is None or condition == written:
            continue
        changed = msgspec.structs.replace(rule, condition=replaced(rule.condition, written, condition))
        if all(bool(reference.match([changed], trial.event)) == trial.wanted for trial in asked):
            yield _line(document, mutant, rule.heading)


def _of_correlation(plan: CorrelationPlan, file: CaseFile, content: Content) -> Iterator[str]:
    book = content.rulebook
    document = document_of(plan.heading)
    if document is None:
        return
    engine = Engine(book.rules)
    told = [(story, list(signals_of(story, content, engine))) for story in file.cases.sequences]
    headings = [other.heading for other in plans_of(content)]
    names = {heading.id: heading.name or heading.title for heading in headings}
    for mutant in looser(plan, names):
        plans = [mutant.plan if other is plan else other for other in book.correlations]
        if all(standing(plan.id, plans, signals) == story.episodes for story, signals in told):
            yield _line(document, mutant, plan.heading)


def _line(document: Document, left: Mutant | Looser, heading: Heading) -> str:
    return f"{document.location(left.keys)}: {heading.title!r} without {left.what}: no case notices"
