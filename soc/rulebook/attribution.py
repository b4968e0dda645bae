"""Who wrote a rule and under which licence: goes with every alert, as the Detection Rule License asks."""

from collections.abc import Callable

import msgspec

from soc.rulebook.plan import Heading, Rulebook


def attribution(heading: Heading) -> str:
    """Return title, author, licence and id in one line."""
    author = f" by {heading.author}" if heading.author else ""
    licence = f", {heading.licence}" if heading.licence else ""
    return f"{heading.title}{author}{licence} ({heading.id})"


def licensed(book: Rulebook, licence_of: Callable[[str], str]) -> Rulebook:
    """Return *book* with the licence of each rule that does not name its own.

    *licence_of* tells the licence of the package that a rule file is of; empty if it is of none.
    """

    def papers(heading: Heading) -> Heading:
        licence = heading.licence or licence_of(heading.location.path)
        return msgspec.structs.replace(heading, licence=licence) if licence else heading

    return msgspec.structs.replace(
        book,
        rules=tuple(msgspec.structs.replace(rule, heading=papers(rule.heading)) for rule in book.rules),
        correlations=tuple(
            msgspec.structs.replace(plan, heading=papers(plan.heading)) for plan in book.correlations
        ),
    )
