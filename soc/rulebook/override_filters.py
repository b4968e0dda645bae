"""Filters that overrides want of single rules, as Sigma filters beside those of the rules folder."""

from collections.abc import Sequence
from dataclasses import replace

import yaml

from soc.kernel.errors import RuleError
from soc.rulebook.documents import Document, Fault, RuleFile, documents
from soc.rulebook.overrides import Override, Overrides


def filter_files(overrides: Overrides, files: Sequence[RuleFile]) -> tuple[list[RuleFile], Overrides]:
    """Return filters that do what *overrides* want of the rules in *files*; errors say which cannot be."""
    made: list[RuleFile] = []
    errors = list(overrides.errors)
    for entry in overrides.entries:
        if entry.wish.filter is None:
            continue
        try:
            made.append(_filter_file(entry, files))
        except Fault as fault:
            errors.append(RuleError(fault.message, entry.location, fault.fix))
    return made, replace(overrides, errors=tuple(errors))


def _filter_file(entry: Override, files: Sequence[RuleFile]) -> RuleFile:
    wanted, body = entry.wish.rule, entry.wish.filter
    rule = _found(wanted, files, "detection")
    if rule is None:
        raise Fault(f"filter for {wanted!r}, which no rule is called")
    if isinstance(body, str):
        found = _found(body, files, "filter")
        if found is None:
            raise Fault(f"no filter has the id or name {body!r}")
        source, detection = found.data.get("logsource"), dict(found.data["filter"])
    else:
        source, detection = rule.data.get("logsource"), dict(body or {})
    data = {
        "title": f"Override of {wanted}",
        "logsource": source,
        "filter": {**detection, "rules": [wanted]},
    }
    return RuleFile(entry.location.path, yaml.safe_dump(data, allow_unicode=True, sort_keys=False))


def _found(name: str, files: Sequence[RuleFile], kind: str) -> Document | None:
    """Return the document of *kind* with the id or name *name*."""
    for file in files:
        if name in file.text:
            for document in documents(file)[0]:
                if kind in document.data and name in {document.data.get("id"), document.data.get("name")}:
                    return document
    return None
