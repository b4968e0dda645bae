r"""What an expression means, said to Python's ``re``: the slow authority reads it as hyperscan does.

With ASCII classes ``re`` folds only ASCII letters, and hyperscan all that Unicode 7 knows: what is one under
``i`` is written out, letter by letter and class by class, and ``i`` left away. ``^`` under ``m`` holds after
the last newline of a text, where hyperscan sees no line any more; ``\B`` never holds in an empty text.
All is written out token by token, with the flags of the group around it.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from itertools import chain

from soc.kernel.folding import fold
from soc.rulebook.plan import Regex


@dataclass(frozen=True, slots=True)
class _Flags:
    ignore_case: bool
    multi_line: bool

    def changed(self, switch: str) -> "_Flags":
        """Return the flags after *switch*, e.g. ``i-m``."""
        on, _, off = switch.partition("-")
        return replace(
            self,
            ignore_case=("i" in on or self.ignore_case) and "i" not in off,
            multi_line=("m" in on or self.multi_line) and "m" not in off,
        )


def found(regex: Regex, text: str) -> bool:
    """Return whether *regex* is found anywhere in *text*.

    Raises:
        re.error: it is no expression.
    """
    return _compiled(regex).search(text) is not None


def for_python(regex: Regex) -> str:
    """Return the pattern of *regex* as ``re`` must have it, with ``re.ASCII`` and its flags but for ``i``."""
    return "".join(_tokens(regex))


@lru_cache(maxsize=4096)
def _compiled(regex: Regex) -> re.Pattern[str]:
    flags = re.ASCII
    flags |= re.MULTILINE if regex.multi_line else 0
    flags |= re.DOTALL if regex.dot_all else 0
    return re.compile(for_python(regex), flags)


@cache
def _families() -> dict[str, str]:
    """Return each letter that has cases → all the letters that are one with it under ``i``."""
    families: dict[str, str] = {}
    for letter in map(chr, range(_LAST_LETTER)):
        folded = letter if ord(letter) in _CASELESS else fold(letter)
        families[folded] = families.get(folded, "") + letter
    return {letter: family for family in families.values() if len(family) > 1 for letter in family}


@cache
def _cased() -> str:
    return "".join(_families())


def _unescaped(pattern: str) -> str:
    r"""Return *pattern* with each ``\xhh`` and ``\ooo`` as the character that it is."""
    return _ESCAPE.sub(_character, pattern)


def _character(escape: re.Match[str]) -> str:
    if escape["hex"]:
        return re.escape(chr(int(escape["hex"], 16)))
    return re.escape(chr(int(escape["octal"], 8))) if escape["octal"] else escape[0]


def _tokens(regex: Regex) -> Iterator[str]:
    flags = _Flags(regex.ignore_case, regex.multi_line)
    outer: list[_Flags] = []
    for match in _TOKEN.finditer(_unescaped(regex.pattern)):
        piece = match[0]
        if match["switch"] is not None:
            changed = flags.changed(match["switch"])
            outer += [flags] if match["colon"] else []
            flags = changed
            piece = _without_i(match["switch"], scoped=match["colon"] is not None)
        elif match["open"]:
            outer.append(flags)
        elif piece == ")":
            flags = outer.pop() if outer else flags
        yield _written(piece, flags, is_class=match["body"] is not None)


def _written(piece: str, flags: _Flags, *, is_class: bool) -> str:
    if piece == r"\B":
        return r"(?!\b)"
    if piece == "^" and flags.multi_line:
        return r"(?:\A|(?<=\n)(?!\Z))"
    if not flags.ignore_case:
        return piece
    if is_class:
        return _class(piece)
    return f"[{_families()[piece]}]" if piece in _families() else piece


def _without_i(switch: str, *, scoped: bool) -> str:
    on, _, off = switch.replace("i", "").partition("-")
    left = f"{on}-{off}" if off else on
    if scoped:
        return f"(?{left}:"
    return f"(?{left})" if left else ""


def _class(piece: str) -> str:
    """Return a bracket expression with all letters that are one with those it lists, shorthands apart."""
    head = "[^" if piece.startswith("[^") else "["
    body = piece[len(head) : -1]
    listed = _SHORTHAND.sub(r"\1", body)
    has = re.findall(f"[0{_behind(listed)}]", _cased())
    more = {alike for letter in has for alike in _families()[letter]}.difference(has)
    return f"{head}{''.join(sorted(more))}{_behind(body)}]" if more else piece


def _behind(body: str) -> str:
    """Return the *body* of a class as it must be when something stands before it."""
    return "\\" + body if body.startswith(("]", "-", "&", "~", "|")) else body


_CASELESS = frozenset(
    chain(
        range(0x13F8, 0x13FE),
        range(0x1C80, 0x1C89),
        range(0x1C90, 0x1CC0),
        (0x2C2F, 0xA7AE, 0xA7F5),
        range(0xA7B2, 0xA7DA),
        range(0xAB70, 0xABC0),
        range(0x104B0, 0x104D4),
        range(0x10570, 0x10596),
        range(0x10C80, 0x10CB3),
        range(0x16E40, 0x16E60),
        range(0x1E900, 0x1E922),
    )
)
"""Letters that got their case after the Unicode that hyperscan knows: under ``i`` only themselves."""
_LAST_LETTER = 0x20000
"""No letter beyond has cases."""
_ESCAPE = re.compile(r"\\(?:x(?P<hex>[0-9a-fA-F]{2})|(?P<octal>[0-3][0-7]{2})|.)", re.DOTALL)
_SHORTHAND = re.compile(r"(\\[^wWdDsS])|\\.", re.DOTALL)
_TOKEN = re.compile(
    r"""
      (?P<escape>\\.)
    | \[\^?(?P<body>\]?(?:\\.|[^\]\\])*)\]
    | \(\?(?P<switch>[a-z]*(?:-[a-z]+)?)(?:(?P<colon>:)|\))
    | \(\?\#[^)]*\)
    | (?P<open>\((?:\?P<\w+>)?)
    | .
    """,
    re.VERBOSE | re.DOTALL,
)
