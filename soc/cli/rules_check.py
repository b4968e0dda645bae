"""``soc rules check``: every fault of the rules at once, and what a good rule should also have."""

import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

import click

from soc.app.content import Content
from soc.cli.case_files import SUFFIX
from soc.cli.rules_given import chosen, content_of, house_rules, paths_argument, plans_of
from soc.model.event import LogSource
from soc.rulebook.documents import documents
from soc.rulebook.house import Finding, Kind, missing, unknown_fields, without_cases
from soc.rulebook.rule_files import path_text, read_rule_files

MANY = 100
"""More findings than this are told by kind."""
OWN = "soc"
"""Product of the centre's own events: it names their fields itself, and most are stored as labels."""
EXAMPLES = 5
"""Messages told of each kind then."""


@click.command()
@paths_argument
@click.option(
    "--house", is_flag=True, help="Ask for cases beside every rule, not only beside those of the house."
)
@click.option("--all", "whole", is_flag=True, help="Every finding on a line, however many.")
def check(paths: tuple[Path, ...], *, house: bool, whole: bool) -> None:
    """Say every fault of the rules at once; exit 1 if there is any, or no rule at all. Warnings do not count.

    More than 100 findings are told by kind; --all prints them all.

    \b
    soc rules check rules
    soc rules check rules ~/sigma/rules/windows
    soc rules check /etc/soc/rules --house --all
    """  # noqa: D301 - click reads \b
    content = content_of(paths)
    book = content.rulebook
    errors = [_finding(line, Kind.FAULT) for line in book.errors]
    nothing = [] if plans_of(content) or errors else list(_nothing(paths))
    warnings = sorted(
        [*nothing, *_loading(content), *_missing(paths), *_fields(content), *_cases(content, house=house)]
    )
    _tell("warning", warnings, whole=whole)
    _tell("error", errors, whole=whole)
    written = sum(not plan.implicit for plan in book.correlations)
    click.echo(
        f"{len(book.rules)} rules and {written} correlations are good, "
        f"{len(errors)} faults, {len(warnings)} warnings"
    )
    sys.exit(1 if errors or nothing else 0)


def is_ours(path: Path, ours: Path) -> bool:
    """Return whether *path* is a rule of the house: packages are others' rules kept beside them."""
    return path.is_relative_to(ours) and "packages" not in path.relative_to(ours).parts


def _loading(content: Content) -> Iterator[Finding]:
    for line in content.rulebook.warnings:
        yield _finding(line, Kind.LOGSOURCE if "no mapping knows the log source" in line else Kind.MEANING)


def _missing(paths: tuple[Path, ...]) -> Iterator[Finding]:
    for file in read_rule_files(chosen(paths)):
        for document in documents(file)[0]:
            yield from missing(document)


def _nothing(paths: tuple[Path, ...]) -> Iterator[Finding]:
    """Yield that there is no rule, correlation or filter, not even one that an override disables."""
    if not any(documents(file)[0] for file in read_rule_files(chosen(paths))):
        yield Finding(", ".join(map(path_text, chosen(paths))), Kind.MEANING, "no rule found")


def _fields(content: Content) -> Iterator[Finding]:
    sections = content.sources.ecs

    def known(source: LogSource) -> set[str] | None:
        if source.product == OWN:
            return None
        found = [fields for section, fields in sections if section != LogSource() and section.covers(source)]
        return {name for fields in found for name in fields} or None

    for rule in content.rulebook.rules:
        yield from unknown_fields(rule, known)


def _cases(content: Content, *, house: bool) -> Iterator[Finding]:
    ours = house_rules().resolve()
    asked = [
        plan
        for plan in plans_of(content)
        if house or is_ours(Path(plan.heading.location.path).resolve(), ours)
    ]
    tested = {
        path
        for path in {plan.heading.location.path for plan in asked}
        if Path(path).with_name(Path(path).stem + SUFFIX).is_file()
    }
    yield from without_cases(asked, tested)


def _finding(line: str, kind: Kind) -> Finding:
    location, _, message = line.partition(": ")
    return Finding(location, kind, message)


def _tell(what: str, findings: Sequence[Finding], *, whole: bool) -> None:
    if whole or len(findings) <= MANY:
        for finding in findings:
            click.echo(f"{what}: {finding}", err=True)
        return
    for kind, count in Counter(finding.kind for finding in findings).most_common():
        click.echo(f"{what}s about {kind}: {count}", err=True)
        alike = [finding for finding in findings if finding.kind == kind]
        messages = Counter(finding.message for finding in alike)
        for message, times in messages.most_common(EXAMPLES):
            first = next(finding.location for finding in alike if finding.message == message)
            click.echo(f"  {times:6} × {message}; first: {first}", err=True)
        if len(messages) > EXAMPLES:
            click.echo(f"         … {len(messages) - EXAMPLES} other messages (--all)", err=True)
