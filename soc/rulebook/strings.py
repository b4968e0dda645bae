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
    if _PLAIN.fullmatch(text):
        return (text,) if text else ()
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
    r"""Return *parts* as text for people and pipelines: wildcards as they are, literal ``\*`` and ``\?``."""
    return "".join(_SHOWN[part] if isinstance(part, Wild) else _STAR.sub(r"\\\g<0>", part) for part in parts)


def rewritten(parts: Parts, expression: re.Pattern[str], replacement: str) -> Parts:
    """Return *parts* with what *expression* finds in them as ``written`` replaced; other wildcards stay.

    Raises:
        re.error, IndexError: *replacement* names a group that is not there.
    """
    shown = written(parts)
    # The same text with marks for wildcards, so that one after a backslash is no escape when read again.
    marked = "".join(_MARKS[part] if isinstance(part, Wild) else written((part,)) for part in parts)
    pieces: list[str] = []
    end = 0
    for match in expression.finditer(shown):
        pieces += [marked[end : match.start()], _replacement(match, marked, replacement)]
        end = match.end()
    return _reread("".join((*pieces, marked[end:])))


def _replacement(match: re.Match[str], text: str, replacement: str) -> str:
    def piece(found: re.Match[str]) -> str:
        name = found["name"] or found["number"]
        if name is None:
            return match.expand(found[0])
        start, end = match.span(int(name) if name.isdecimal() else name)
        return text[start:end] if start >= 0 else ""

    return _REFERENCE.sub(piece, replacement)


def _reread(marked: str) -> Parts:
    found: list[Parts] = []
    end = 0
    for match in _WRITTEN.finditer(marked):
        wild = _WILDS.get(match[0])
        found += [(marked[end : match.start()],), (wild or match[0][1:],)]
        end = match.end()
    return joined([parts for parts in (*found, (marked[end:],)) if parts != ("",)])


DASHES = ("-", "/", "\u2013", "\u2014", "\u2015")
_DASH = re.compile(r"\B[-/\u2013\u2014\u2015]\b")
_PLAIN = re.compile(r"[^*?\\]*")
_STAR = re.compile(r"[*?]")
_SHOWN = {Wild.ANY: "*", Wild.ONE: "?"}
_MARKS = {Wild.ANY: "\ud800", Wild.ONE: "\ud801"}
"""No text holds half a surrogate pair."""
_WRITTEN = re.compile("\\\\?[*?]|[\ud800\ud801]")
_REFERENCE = re.compile(r"\\(?:g<(?P<name>\w+)>|(?P<number>[1-9]\d?)|.)", re.DOTALL)
_PLACEHOLDER = re.compile(r"%(?P<name>[^%*?]+)%|(?:\\%|[^%]|%(?![^%*?]+%))+")


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


_WILDS = {"*": Wild.ANY, "?": Wild.ONE, **{mark: wild for wild, mark in _MARKS.items()}}
