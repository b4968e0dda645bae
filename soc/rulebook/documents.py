"""Rule files as YAML documents whose every key can be located again."""

from collections.abc import Hashable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date
from difflib import get_close_matches
from functools import lru_cache
from typing import Any

import yaml

from soc.kernel.errors import Location, RuleError

Keys = tuple[str | int, ...]
"""Way to a place in a document: mapping keys and list positions."""
MAX_FILE_BYTES = 4 << 20
MANIFEST = "PACKAGE.yml"
"""What is known of the rule package around it."""
OVERRIDES = "overrides.yml"
"""What the province wants otherwise of rules that it does not write."""
MAX_DEPTH = 50
MAX_VALUES = 200_000
"""Values of one document, those behind a repeated alias counted each time."""


@dataclass(frozen=True, slots=True)
class RuleFile:
    """A file's path and text."""

    path: str
    text: str
    fault: str = ""
    """Why there is no text."""


class Fault(Exception):
    """Something wrong at a place of the document being read."""

    def __init__(self, message: str, *keys: str | int, fix: str = "") -> None:
        """Say *message* about the value at *keys*."""
        super().__init__(message)
        self.message = message
        self.keys: Keys = keys
        self.fix = fix

    def under(self, keys: Keys) -> "Fault":
        """Return this fault about what stands at *keys*."""
        return Fault(self.message, *keys, *self.keys, fix=self.fix)


def nearest(wrong: object, accepted: Iterable[str], called: str = "accepted") -> str:
    """Return the fix for a name that is none of *accepted*: the one that was probably meant, or all."""
    names = sorted(map(str, accepted))
    found = get_close_matches(str(wrong), names, n=1) if len(names) <= _COMPARED else []
    if found:
        return f"did you mean {found[0]!r}?"
    return f"{called}: {', '.join(names)}" if len(names) <= _LISTED else ""


@dataclass(frozen=True, slots=True)
class Document:
    """One YAML document of a rule file, ``action: global`` merged in."""

    file: RuleFile
    number: int
    """From 0, in its file."""
    data: dict[str, Any]
    lines: tuple[int, int]
    """First and last, from 0."""
    column: int
    node: yaml.Node | None
    """As it stands in the file; None once forgotten."""

    def forgotten(self) -> "Document":
        """Return this without the node, which weighs much more; a place is then found by reading again."""
        return replace(self, node=None)

    def located(self, fault: Fault) -> RuleError:
        """Return *fault* with file, line and column."""
        return RuleError(fault.message, self.location(fault.keys), fault.fix)

    def location(self, keys: Keys = ()) -> Location:
        """Return where the value at *keys* begins, as near as the document has it."""
        if not keys:
            return Location(self.file.path, self.lines[0] + 1, self.column + 1)
        node = self.node or _nodes(self.file.text)[self.number]
        for key in keys:
            found = _child(node, key)
            if found is None:
                break
            node = found
        return Location(self.file.path, node.start_mark.line + 1, node.start_mark.column + 1)

    @property
    def text(self) -> str:
        """Return the document as written, without its neighbours in the file."""
        text = "".join(_lines(self.file.text)[self.lines[0] : self.lines[1] + 1])
        return text.partition("\n---")[0].rstrip("\n") + "\n"


def documents(file: RuleFile) -> tuple[list[Document], list[RuleError]]:
    """Return the documents of *file*, legacy ``action: global | reset | repeat`` resolved, and its faults."""
    if file.fault:
        return [], [RuleError(file.fault, Location(file.path))]
    if len(file.text) > MAX_FILE_BYTES:
        return [], [RuleError(f"file larger than {MAX_FILE_BYTES} bytes", Location(file.path))]
    loaded: list[tuple[yaml.Node, Any]] = []
    found: list[Document] = []
    errors: list[RuleError] = []
    try:
        _check_nesting(file.text)
        loaded.extend(_composed(file.text))
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        errors.append(_yaml_error(error, file.path))
    for number, node, data in _with_actions(loaded):
        if isinstance(data, dict) and all(isinstance(key, str) for key in data):
            lines = (node.start_mark.line, node.end_mark.line)
            found.append(Document(file, number, data, lines, node.start_mark.column, node))
        elif data is not None:
            place = Location(file.path, node.start_mark.line + 1, node.start_mark.column + 1)
            errors.append(RuleError("a rule is a mapping of text keys", place))
    return found, errors


def merged(below: dict[str, Any], above: dict[str, Any]) -> dict[str, Any]:
    """Return *below* with *above* laid over it, mappings merged all the way down."""
    result = dict(below)
    for key, value in above.items():
        old = result.get(key)
        result[key] = merged(old, value) if isinstance(old, dict) and isinstance(value, dict) else value
    return result


@lru_cache(maxsize=1)
def _lines(text: str) -> list[str]:
    return text.splitlines(keepends=True)


@lru_cache(maxsize=1)
def _nodes(text: str) -> list[yaml.Node]:
    """Return the documents of *text* as they stand in it; remembered, since faults come file by file."""
    found: list[yaml.Node] = []
    with suppress(yaml.YAMLError, ValueError):
        found.extend(yaml.compose_all(text, yaml.CSafeLoader))
    return found


def _yaml_error(error: Exception, path: str) -> RuleError:
    if not isinstance(error, yaml.MarkedYAMLError):
        return RuleError(f"YAML: {str(error).splitlines()[0]}", Location(path))
    mark = error.problem_mark
    place = Location(path, mark.line + 1, mark.column + 1) if mark else Location(path)
    return RuleError(f"YAML: {error.problem or error.context}", place)


def _composed(text: str) -> Iterator[tuple[yaml.Node, Any]]:
    loader = _Loader(text)
    try:
        while loader.check_node():
            node = loader.get_node()
            assert node is not None
            data = loader.construct_document(node)
            reason = _unfit(data)
            if reason:
                raise yaml.MarkedYAMLError(problem=reason, problem_mark=node.start_mark)
            yield node, data
    finally:
        loader.dispose()


def _check_nesting(text: str) -> None:
    """Refuse nesting that would overflow the C stack; a short text cannot hold that much."""
    depth = 0
    for event in yaml.parse(text, yaml.CSafeLoader) if len(text) > _HARMLESS_CHARACTERS else ():
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > MAX_DEPTH:
            raise ValueError(f"nested deeper than {MAX_DEPTH}")


def _unfit(data: Any) -> str:
    """Return why a document holds what no rule can: too deep, too large by aliases, no plain value."""
    waiting = [(data, 0)]
    seen = 0
    while waiting:
        value, depth = waiting.pop()
        seen += 1
        if depth > MAX_DEPTH:
            return f"nested deeper than {MAX_DEPTH}"
        if seen > MAX_VALUES:
            return f"more than {MAX_VALUES} values"
        if isinstance(value, dict):
            waiting += [(inner, depth + 1) for inner in value.values()]
        elif isinstance(value, list):
            waiting += [(inner, depth + 1) for inner in value]
        elif not isinstance(value, str | int | float | date | None):
            return f"{type(value).__name__} is no value of a rule"
    return ""


def _with_actions(loaded: list[tuple[yaml.Node, Any]]) -> Iterator[tuple[int, yaml.Node, Any]]:
    common: dict[str, Any] = {}
    previous: dict[str, Any] = {}
    for number, (node, data) in enumerate(loaded):
        if not isinstance(data, dict):
            yield number, node, data
            continue
        action = data.get("action")
        body = {key: value for key, value in data.items() if key != "action"}
        match action:
            case "global":
                common = merged(common, body)
                continue
            case "reset":
                common = {}
                if not body:
                    continue
                previous = body
            case "repeat":
                previous = merged(previous, body)
            case None:
                previous = merged(common, body)
            case _:
                previous = {**body, "action": action}
        yield number, node, previous


def _child(node: Any, key: str | int) -> Any:
    if isinstance(node, yaml.MappingNode):
        for name, value in node.value:
            if name.value == str(key):
                return value if isinstance(value, yaml.MappingNode | yaml.SequenceNode) else name
    if isinstance(node, yaml.SequenceNode) and isinstance(key, int) and key < len(node.value):
        return node.value[key]
    return None


class _Loader(yaml.CSafeLoader):
    """The safe C loader that refuses a key given twice: the first would be lost without a word."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:  # noqa: FBT001, FBT002
        seen = set()
        for key, _ in node.value:
            if not isinstance(key, yaml.ScalarNode) or key.value in seen:
                problem = (
                    "a key is no text"
                    if not isinstance(key, yaml.ScalarNode)
                    else (f"key {key.value!r} is given twice")
                )
                raise yaml.MarkedYAMLError(problem=problem, problem_mark=key.start_mark)
            seen.add(key.value)
        return super().construct_mapping(node, deep)


_HARMLESS_CHARACTERS = 4096
_COMPARED = 1000
"""More names take too long to look for a like one."""
_LISTED = 50
