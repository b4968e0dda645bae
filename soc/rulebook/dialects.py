r"""What an expression means, said to Python's ``re``: the slow authority reads it as hyperscan does.

With ASCII classes ``re`` folds only ASCII letters, under ``i`` the Kelvin sign is a ``k``, ``ſ`` an ``s``;
``^`` under ``m`` holds after the last newline of a text, where hyperscan sees no line any more; ``\B`` never
holds in an empty text. All are written out here, token by token, with the flags of the group around it.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
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
    expression = _compiled(regex)
    if expression.flags & re.IGNORECASE:
        text = _fold_beyond_ascii(text)
    return expression.search(text) is not None


def for_python(regex: Regex) -> str:
    """Return the pattern of *regex* as ``re`` must have it, with ``re.ASCII`` and the flags of *regex*."""
    return "".join(_tokens(regex))


def mixes_case_beyond_ascii(pattern: str) -> bool:
    """Return whether *pattern* switches case inside and knows more than ASCII: no matcher is asked that."""
    scoped = any(
        match["switch"] is not None and match["colon"] and "i" in match["switch"]
        for match in _TOKEN.finditer(pattern)
    )
    return scoped and not _unescaped(pattern).isascii()


@lru_cache(maxsize=4096)
def _compiled(regex: Regex) -> re.Pattern[str]:
    flags = re.ASCII
    flags |= re.IGNORECASE if regex.ignore_case else 0
    flags |= re.MULTILINE if regex.multi_line else 0
    flags |= re.DOTALL if regex.dot_all else 0
    pattern = for_python(regex)
    expression = re.compile(pattern, flags)
    if expression.flags & re.IGNORECASE:  # the rule's flag, or (?i) at the start of the pattern
        # Python's ASCII flag also stops đ from meeting Đ: letters beyond ASCII are folded beforehand.
        expression = re.compile(_fold_beyond_ascii(pattern), flags)
    return expression


def _fold_beyond_ascii(text: str) -> str:
    """Fold letters beyond ASCII, but for the Kelvin sign and ſ, which as k and s would be word characters."""
    return text if text.isascii() else "".join(map(_folded, text))


def _folded(char: str) -> str:
    folded = fold(char)
    return char if folded.isascii() or ord(char) in _CASELESS else folded


def _unescaped(pattern: str) -> str:
    r"""Return *pattern* with each ``\xhh`` as the character that it is."""
    return _ESCAPE.sub(lambda m: re.escape(chr(int(m["code"], 16))) if m["code"] else m[0], pattern)


def _tokens(regex: Regex) -> Iterator[str]:
    flags = _Flags(regex.ignore_case, regex.multi_line)
    outer: list[_Flags] = []
    for match in _TOKEN.finditer(_unescaped(regex.pattern)):
        piece = match[0]
        if match["switch"] is not None:
            changed = flags.changed(match["switch"])
            outer += [flags] if match["colon"] else []
            flags = changed
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
    return next((f"[{letters}]" for letters in _SAME if piece in letters), piece)


def _class(piece: str) -> str:
    """Return a bracket expression with the letters that are one with those it has."""
    head = "[^" if piece.startswith("[^") else "["
    body = piece[len(head) : -1]
    listed = _SHORTHAND.sub("", body)
    if not listed:
        return piece
    found = re.compile(f"[{listed}]", re.ASCII | re.IGNORECASE)
    more = "".join(letters for letters in _SAME if any(map(found.match, letters)))
    escape = "\\" if more and body.startswith("]") else ""
    return f"{head}{more}{escape}{body}]"


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
_SAME = ("kK\u212a", "sS\u017f")
"""Letters that are one under ``i`` though only one of them is beyond ASCII."""
_ESCAPE = re.compile(r"\\(?:x(?P<code>[0-9a-fA-F]{2})|.)", re.DOTALL)
_SHORTHAND = re.compile(r"\\[wWdDsS]")
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
