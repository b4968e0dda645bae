"""Case files beside rules: what a rule must match or leave alone, what a sequence must become."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from soc.kernel.errors import ConfigError, RuleError
from soc.rulebook.documents import Document, Fault, documents
from soc.rulebook.rule_files import path_text, read_file

SUFFIX = ".cases.yaml"


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, use_attribute_docstrings=True)


class Source(_Strict):
    """Log source of an event given as fields, or instead of what its record tells."""

    product: str | None = None
    category: str | None = None
    service: str | None = None


class Sample(_Strict):
    """One event: a record as it was written, or its fields."""

    raw: str | None = None
    """The record as it was written."""
    format: str = "auto"
    """Of the record: ``syslog``, ``windows_json``, …; recognised if left out."""
    fields: dict[str, Any] | None = None
    """Instead of a record: what a parser would make of one."""
    logsource: Source | None = None
    """Else that of the record, or of the rule."""


class Step(Sample):
    """One event of a sequence."""

    at: Annotated[str, Field(pattern=r"^\+\d{1,9}[smhdw]$")] = "+0s"
    """Distance from the start."""
    agency: str = "a"
    """Where it was seen."""
    rule: str | None = None
    """Makes a signal of this rule with these fields, without asking the rule."""
    times: Annotated[int, Field(ge=1, le=10_000)] = 1
    """How often it comes."""
    every: Annotated[str, Field(pattern=r"^\d{1,9}[smhdw]$")] = "1s"
    """Distance between these."""


class Story(_Strict):
    """Events of one story and the number of episodes that stand at its end."""

    name: str = ""
    """What the story is about; said when it does not hold."""
    events: list[Step]
    """In order of arrival; ``at`` is the time of each."""
    episodes: int
    """Of this correlation, standing when everything has arrived."""


class Cases(_Strict):
    """A whole case file."""

    rule: str | None = None
    """Id or name; needed only where the rule file holds several."""
    match: list[Sample] = []
    """Events that the rule must match."""
    no_match: list[Sample] = []
    """Events that the rule must leave alone."""
    sequences: list[Story] = []
    """Stories of a correlation."""


@dataclass(frozen=True, slots=True)
class CaseFile:
    """Cases and the rule file they are about."""

    document: Document
    rule_path: str
    cases: Cases

    @property
    def size(self) -> int:
        """Return the number of cases."""
        return len(self.cases.match) + len(self.cases.no_match) + len(self.cases.sequences)


def read_cases(paths: Sequence[Path]) -> list[CaseFile]:
    """Return the case files at *paths*: inside folders, and beside rule files.

    Raises:
        ConfigError: a file is not of the shape that ``rules/README.md`` describes; every fault is named.
    """
    found = [case for path in paths for case in _beside(path)]
    faults: list[str] = []
    files = [file for path in found if (file := _read(path, faults)) is not None]
    if faults:
        raise ConfigError("\n".join(faults))
    return files


def _beside(path: Path) -> list[Path]:
    if path.is_dir():
        return sorted(path.rglob(f"*{SUFFIX}"))
    beside = path.with_name(path.stem + SUFFIX)
    return [beside] if os.path.lexists(beside) else []


def _read(path: Path, faults: list[str]) -> CaseFile | None:
    found, errors = documents(read_file(path))
    rule = path.with_name(path.name.removesuffix(SUFFIX) + ".yml")
    rule_path = path_text(rule)
    if len(found) != 1 or errors:
        faults.extend(map(str, errors or (f"{path_text(path)}: one YAML mapping was expected",)))
        return None
    if not rule.is_file():
        faults.append(f"{path_text(path)}: there is no {rule_path} beside it")
        return None
    try:
        return CaseFile(found[0], rule_path, Cases.model_validate(found[0].data))
    except ValidationError as error:
        faults.extend(str(_located(found[0], fault)) for fault in error.errors())
        return None


def _located(document: Document, fault: Any) -> RuleError:
    return document.located(Fault(fault["msg"], *fault["loc"]))
