r"""Sigma strings: escapes and wildcards → the parts of a ``Text`` pattern ("Escape Character").

``\*`` and ``\?`` are literal; ``\\*`` is a backslash and a wildcard; a lone or doubled backslash is one.
"""

import itertools
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from soc.rulebook.documents import Fault
from soc.rulebook.plan import Wild

Parts = tuple[Wild | str, ...]
MAX_DASHES = 5
MAX_WILDCARDS = 100
"""In one value; more would only cost time to compile."""


def parts_of(text: str) -> Parts:
    """Return *text* with its escapes resolved and its wildcards apart.

    Raises:
        Fault: more wildcards than anybody means.
    """
    parts: list[Wild | str] = []
    literal: list[str] = []
    for char, wild in _characters(text):
        if wild is None:
            literal.append(char)
            continue
        if literal:
            parts.append("".join(literal))
            literal.clear()
        parts.append(wild)
    if literal:
        parts.append("".join(literal))
    wildcards = sum(isinstance(part, Wild) for part in parts)
    if wildcards > MAX_WILDCARDS:
        raise Fault(f"{wildcards} wildcards in one value; accepted: {MAX_WILDCARDS}")
    return tuple(parts)


def plain(parts: Parts, what: str) -> str:
    """Return the text of *parts*.

    Raises:
        Fault: there is a wildcard; *what* cannot be done with it.
    """
    if any(isinstance(part, Wild) for part in parts):
        raise Fault(f"{what} needs a value without wildcards")
    return "".join(part for part in parts if isinstance(part, str))


def surrounded(parts: Parts, *, before: bool, after: bool) -> Parts:
    """Return *parts* with ``ANY`` put before or after, never two in a row."""
    head: Parts = (Wild.ANY,) if before and parts[:1] != (Wild.ANY,) else ()
    tail: Parts = (Wild.ANY,) if after and (parts or head)[-1:] != (Wild.ANY,) else ()
    return (*head, *parts, *tail)


def windash(parts: Parts) -> Iterator[Parts]:
    """Yield *parts* with each option dash as each of ``- / – — ―``.

    Raises:
        Fault: more than five dashes, whose combinations would be too many.
    """
    count = sum(len(_DASH.findall(part)) for part in parts if not isinstance(part, Wild))
    if count > MAX_DASHES:
        raise Fault(f"windash on {count} dashes; accepted: up to {MAX_DASHES}")
    for chosen in itertools.product(DASHES, repeat=count):
        yield _dashed(parts, iter(chosen))


@dataclass(frozen=True, slots=True)
class Slot:
    """A placeholder, to be replaced by each of its values."""

    name: str


Pieces = tuple[str | Slot, ...]


def pieces_of(text: str) -> Pieces:
    r"""Return *text* with its ``%placeholders%`` apart; ``\%`` is a percent sign."""
    return tuple(
        match[0].replace("\\%", "%") if match["name"] is None else Slot(match["name"])
        for match in _PLACEHOLDER.finditer(text)
    )


def joined(texts: Sequence[Parts]) -> Parts:
    """Return *texts* as one; literals that meet become one."""
    parts: list[Wild | str] = []
    for part in itertools.chain.from_iterable(texts):
        if parts and isinstance(part, str) and isinstance(parts[-1], str):
            parts[-1] += part
        else:
            parts.append(part)
    return tuple(parts)


def written(parts: Parts) -> str:
    """Return *parts* as text for people and pipelines; only a backslash before ``*`` or ``?`` is doubled."""
    texts = [_WRITTEN[part] if isinstance(part, Wild) else _STARRED.sub(r"\1\1\\\2", part) for part in parts]
    for at, following in enumerate(parts[1:]):
        if isinstance(following, Wild) and not isinstance(parts[at], Wild):
            ending = len(texts[at]) - len(texts[at].rstrip("\\"))
            texts[at] += "\\" * ending
    return "".join(texts)


def reread(text: str) -> Parts:
    """Return the parts that ``written`` made *text* of."""
    parts: list[Parts] = []
    end = 0
    for match in _STARRED.finditer(text):
        escaped = len(match[1]) % 2
        literal = text[end : match.start()] + "\\" * (len(match[1]) // 2) + match[2] * escaped
        parts += [(literal,)] if literal else []
        parts += [] if escaped else [(_WILDS[match[2]],)]
        end = match.end()
    return joined([*parts, (text[end:],) if text[end:] else ()])


DASHES = ("-", "/", "\u2013", "\u2014", "\u2015")
_DASH = re.compile(r"\B[-/\u2013\u2014\u2015]\b")
_STARRED = re.compile(r"(\\*)([*?])")
_PLACEHOLDER = re.compile(r"%(?P<name>\w+)%|(?:\\%|[^%]|%(?!\w+%))+", re.DOTALL)


def _dashed(parts: Parts, dashes: Iterator[str]) -> Parts:
    return tuple(
        part if isinstance(part, Wild) else _DASH.sub(lambda _: next(dashes), part) for part in parts
    )


def _characters(text: str) -> Iterator[tuple[str, Wild | None]]:
    position = 0
    while position < len(text):
        char = text[position]
        following = text[position + 1 : position + 2]
        if char == "\\" and following in ("\\", "*", "?") and following:
            yield following, None
            position += 2
            continue
        yield char, _WILDS.get(char)
        position += 1


_WILDS = {"*": Wild.ANY, "?": Wild.ONE}
_WRITTEN = {Wild.ANY: "*", Wild.ONE: "?"}
