"""What a rule should have beyond working: an id, an author, a level, tags, fields that events really have."""

import re
from collections.abc import Callable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from enum import StrEnum
from pathlib import PurePath
from uuid import UUID

import msgspec

from soc.kernel.errors import Location, shortened
from soc.model.event import LogSource
from soc.rulebook.documents import Document
from soc.rulebook.plan import CorrelationPlan, RulePlan


class Kind(StrEnum):
    """What a finding is about."""

    FAULT = "fault"
    MEANING = "meaning"
    """It works, and probably does not mean what was meant."""
    LOGSOURCE = "log source"
    ID = "id"
    AUTHOR = "author"
    LEVEL = "level"
    DESCRIPTION = "description"
    FALSEPOSITIVES = "falsepositives"
    TAG = "tag"
    FIELD = "field"
    CASES = "cases"


class Finding(msgspec.Struct, frozen=True, order=True):
    """One thing to mend, and where."""

    location: str
    kind: Kind
    message: str

    def __str__(self) -> str:
        """Return ``path:line:column: message``."""
        return f"{self.location}: {self.message}"


FieldsOf = Callable[[LogSource], AbstractSet[str] | None]
"""Log source → fields that the mapping knows of it; None where it says nothing."""


def missing(document: Document) -> Iterator[Finding]:
    """Yield what the document of a rule, correlation or filter leaves out or writes badly."""
    data = document.data
    about = _Pen(document)
    if not _is_id(data.get("id")):
        yield about.say(
            Kind.ID, f"id {shortened(data.get('id'))}; wanted: a UUID, or lower-case words_like_this", "id"
        )
    if "filter" in data:
        return
    if "level" not in data:
        yield about.say(Kind.LEVEL, "level is missing, medium is taken")
    for kind, key in _PROSE.items():
        if not data.get(key):
            yield about.say(kind, f"{key} is missing")
    yield from _tags(data.get("tags") or [], about)


def unknown_fields(rule: RulePlan, fields_of: FieldsOf) -> Iterator[Finding]:
    """Yield the fields that *rule* reads and the mapping of its log source does not know."""
    known = fields_of(rule.logsource)
    if known is None:
        return
    source = "/".join(part for part in (rule.logsource.product, rule.logsource.category) if part)
    for field in sorted(rule.fields - known):
        yield Finding(
            str(rule.heading.location), Kind.FIELD, f"the mapping of {source} knows no field {field!r}"
        )


def without_cases(plans: Sequence[RulePlan | CorrelationPlan], tested: AbstractSet[str]) -> Iterator[Finding]:
    """Yield the rules whose file is not among *tested*, the rule files that have cases beside them."""
    for plan in plans:
        path = plan.heading.location.path
        if path not in tested:
            cases = PurePath(path).with_suffix(".cases.yaml").name
            yield Finding(str(plan.heading.location), Kind.CASES, f"no cases; wanted beside it: {cases}")


class _Pen:
    """Writes findings about one document."""

    def __init__(self, document: Document) -> None:
        self._document = document

    def say(self, kind: Kind, message: str, *keys: str | int) -> Finding:
        location: Location = self._document.location(keys)
        return Finding(str(location), kind, message)


def _tags(tags: object, about: _Pen) -> Iterator[Finding]:
    given = tags if isinstance(tags, list) else [tags]
    for number, tag in enumerate(given):
        if not isinstance(tag, str) or not _is_tag(tag):
            yield about.say(Kind.TAG, f"tag {shortened(tag)}; wanted: {_TAG_HELP}", "tags", number)
    if not any(str(tag).startswith("attack.") for tag in given):
        yield about.say(Kind.TAG, "no ATT&CK tag; wanted e.g. attack.t1110.001")


def _is_id(value: object) -> bool:
    if not isinstance(value, str):
        return False
    try:
        return str(UUID(value)) == value.lower()
    except ValueError:
        return _SLUG.fullmatch(value) is not None


def _is_tag(tag: str) -> bool:
    namespace, _, name = tag.partition(".")
    if namespace == "attack":
        return _ATTACK.fullmatch(name) is not None
    return _OTHER_TAG.fullmatch(tag) is not None


_PROSE = {
    Kind.AUTHOR: "author",
    Kind.DESCRIPTION: "description",
    Kind.FALSEPOSITIVES: "falsepositives",
}
_SLUG = re.compile(r"[a-z][a-z0-9]*(?:[_-][a-z0-9]+)*")
_ATTACK = re.compile(r"(?:ta|t|g|s|m|c|ds)[0-9]{4}(?:\.[0-9]{3})?|[a-z]+(?:-[a-z]+)*")
_OTHER_TAG = re.compile(r"[a-z0-9_-]+\.[a-z0-9._-]+")
_TAG_HELP = "attack.t1110.001, attack.credential-access, or another namespace.name in lower case"
