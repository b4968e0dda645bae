"""Overrides: what a province wants otherwise of single rules, in one file that outlives every import.

    overrides:
      - rule: 5013198a-7b9d-4a7f-8e1c-2f3a6b7c8d9e    # id or name
        level: low                                    # or disabled: true, or filter: …
        reason: the backup server does this every night

``filter`` is the id or name of a Sigma filter, or one written in place: selections and a condition.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any

import msgspec
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from soc.kernel.errors import Location, RuleError
from soc.kernel.ids import digest
from soc.model.alert import Severity
from soc.rulebook.detections import read_detection
from soc.rulebook.documents import Document, Fault, RuleFile, documents
from soc.rulebook.plan import CorrelationPlan, Heading, Rulebook
from soc.rulebook.rule_files import read_override_files

__all__ = ["OverrideFile", "Overrides", "apply", "read_override_files", "read_overrides"]
_Text = Annotated[str, Field(min_length=1)]


class Wish(BaseModel):
    """One override as it is written."""

    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True)

    rule: _Text
    """Id or name."""
    reason: _Text
    """Why, for whoever wonders a year later."""
    disabled: bool = False
    """Not run at all."""
    level: Severity | None = None
    """Instead of its own."""
    filter: _Text | dict[str, Any] | None = None
    """Id or name of a Sigma filter, or selections and a condition, usually ``not selection``."""


class OverrideFile(BaseModel):
    """A whole file of overrides."""

    model_config = ConfigDict(extra="forbid")

    overrides: list[Wish]


@dataclass(frozen=True, slots=True)
class Override:
    """One override and where it stands."""

    location: Location
    wish: Wish


@dataclass(frozen=True, slots=True)
class Overrides:
    """All that was read, and what cannot be used."""

    entries: tuple[Override, ...] = ()
    errors: tuple[RuleError, ...] = ()


def read_overrides(files: Sequence[RuleFile]) -> Overrides:
    """Return the overrides in *files*; one that cannot be used is a located error and stops no other."""
    entries: list[Override] = []
    errors: list[RuleError] = []
    for file in files:
        found, faults = documents(file)
        errors += faults
        for document in found:
            _read(document, entries, errors)
    return Overrides(tuple(entries), tuple(errors))


def apply(book: Rulebook, overrides: Overrides) -> Rulebook:
    """Return *book* with other levels and without disabled rules; an override of no rule is a warning."""
    if not overrides.entries and not overrides.errors:
        return book
    headings = [*(rule.heading for rule in book.rules), *(plan.heading for plan in book.correlations)]
    ids = {name: heading.id for heading in headings for name in (heading.id, heading.name) if name}
    levels = {ids.get(entry.wish.rule): entry.wish.level for entry in overrides.entries if entry.wish.level}
    disabled = {
        ids[entry.wish.rule] for entry in overrides.entries if entry.wish.disabled and entry.wish.rule in ids
    }

    def changed(heading: Heading) -> Heading:
        level = levels.get(heading.id)
        return heading if level is None else msgspec.structs.replace(heading, level=level)

    rules = [rule for rule in book.rules if rule.id not in disabled]
    plans = [plan for plan in book.correlations if plan.id not in disabled]
    unknown = [
        f"{entry.location}: override of {entry.wish.rule!r}, which no rule is called"
        for entry in overrides.entries
        if entry.wish.rule not in ids
    ]
    return Rulebook(
        rules=tuple(msgspec.structs.replace(rule, heading=changed(rule.heading)) for rule in rules),
        correlations=tuple(msgspec.structs.replace(plan, heading=changed(plan.heading)) for plan in plans),
        errors=(*book.errors, *map(str, overrides.errors)),
        warnings=(*book.warnings, *unknown, *_starved(plans, disabled)),
        hash=digest(book.hash, *(entry.wish.model_dump_json() for entry in overrides.entries)),
    )


def _starved(plans: Sequence[CorrelationPlan], disabled: set[str]) -> list[str]:
    return [
        f"{plan.heading.location}: names {rule!r}, which an override disables"
        for plan in plans
        for rule in plan.rules
        if rule in disabled
    ]


def _read(document: Document, entries: list[Override], errors: list[RuleError]) -> None:
    given = document.data.get("overrides")
    odd = sorted(set(document.data) - {"overrides"})
    if odd or not isinstance(given, list):
        fault = (
            Fault(f"unknown key {odd[0]!r}", odd[0])
            if odd
            else Fault("overrides must be a list", "overrides")
        )
        errors.append(document.located(fault))
        return
    seen: set[str] = {entry.wish.rule for entry in entries}
    for number, data in enumerate(given):
        keys = ("overrides", number)
        try:
            wish = _wish(document, keys, data)
            if wish.rule in seen:
                raise Fault(f"a second override of {wish.rule!r}", *keys, fix="write both into one")  # noqa: TRY301
            seen.add(wish.rule)
            entries.append(Override(document.location(keys), wish))
        except ValidationError as error:
            errors += [
                document.located(
                    Fault(
                        f"{each['loc'][0]}: {each['msg']}" if each["loc"] else each["msg"],
                        *keys,
                        *each["loc"],
                    )
                )
                for each in error.errors()
            ]
        except Fault as fault:
            errors.append(document.located(fault))


def _wish(document: Document, keys: tuple[str, int], data: Any) -> Wish:
    wish = Wish.model_validate(data)
    if not (wish.disabled or wish.level or wish.filter):
        raise Fault("changes nothing", *keys, fix="disabled: true, level or filter")
    if isinstance(wish.filter, dict):
        read_detection(document, (*keys, "filter"), wish.filter)
    return wish
