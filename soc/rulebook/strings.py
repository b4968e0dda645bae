r"""Sigma strings: escapes and wildcards → the parts of a ``Text`` pattern ("Escape Character").

``\*`` and ``\?`` are literal; ``\\*`` is a backslash and a wildcard; a lone or doubled backslash is one.
"""

import itertools
import re
from collections.abc import Iterator, Mapping

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


def expanded(text: str, placeholders: Mapping[str, tuple[str, ...]]) -> Iterator[str]:
    r"""Yield *text* with each ``%name%`` replaced by each of its values; ``\%`` is a percent sign.

    Raises:
        Fault: a placeholder without values: the rule would look for its name.
    """
    pieces: list[tuple[str, ...]] = []
    for match in _PLACEHOLDER.finditer(text):
        name = match["name"]
        if name is None:
            pieces.append((match[0].replace("\\%", "%"),))
        elif not placeholders.get(name):
            raise Fault(f"placeholder %{name}% has no values", fix="give a placeholder list")
        else:
            pieces.append(placeholders[name])
    for chosen in itertools.product(*pieces):
        yield "".join(chosen)


DASHES = ("-", "/", "\u2013", "\u2014", "\u2015")
_DASH = re.compile(r"\B[-/\u2013\u2014\u2015]\b")
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
