r"""Regular expressions of rules: a subset that every matcher runs without ever blowing up.

Hyperscan runs an expression in one pass over the text; what it refuses (back-references, look-around)
would need backtracking, whose cost an attacker chooses. A rule with such an expression is rejected.
So is one that dialects read differently: what is left means the same to hyperscan and to Python's ``re``
with ASCII classes (``\w``, ``\d``, ``\s``, ``\b``) and Unicode casing.
"""

import re
import warnings
from functools import lru_cache

import hyperscan

from soc.rulebook.documents import Fault
from soc.rulebook.plan import Regex

MAX_PATTERN_CHARACTERS = 4096


def checked(regex: Regex) -> Regex:
    """Return *regex* if both the fast matcher and the reference can run it.

    Raises:
        Fault: says which construct is not supported.
    """
    message, fix = _verdict(regex)
    if message:
        raise Fault(message, fix=fix)
    return regex


@lru_cache(maxsize=4096)
def _verdict(regex: Regex) -> tuple[str, str]:
    """Return what is wrong with *regex* and what to write instead; remembered, since compiling is slow."""
    try:
        _check(regex)
    except Fault as fault:
        return fault.message, fault.fix
    return "", ""


def _check(regex: Regex) -> None:
    if len(regex.pattern) > MAX_PATTERN_CHARACTERS:
        raise Fault(f"expression of {len(regex.pattern)} characters; accepted: {MAX_PATTERN_CHARACTERS}")
    if "\0" in regex.pattern:
        raise Fault("regular expression: a NUL character", fix=r"write \x00")
    for found, fix in _DIALECTS.items():
        shown = re.search(f"{_UNESCAPED}({found})", regex.pattern)
        if shown:
            raise Fault(f"regular expression: {shown[1]} has several meanings", fix=fix)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            re.compile(regex.pattern)
    except (re.error, Warning, OverflowError, RecursionError) as error:
        raise Fault(f"regular expression: {error}") from error
    try:
        hyperscan.Database(mode=hyperscan.HS_MODE_BLOCK).compile(
            expressions=[regex.pattern.encode()], ids=[0], flags=[flags(regex)]
        )
    except (hyperscan.error, UnicodeEncodeError) as error:
        fix = next((fix for said, fix in _FIXES.items() if said in str(error)), "write it more simply")
        raise Fault(f"regular expression: {error}", fix=fix) from error


def flags(regex: Regex) -> int:
    """Return hyperscan's flags for *regex*: UTF-8 without UCP, so that classes are ASCII."""
    found = hyperscan.HS_FLAG_UTF8 | hyperscan.HS_FLAG_SINGLEMATCH | hyperscan.HS_FLAG_ALLOWEMPTY
    found |= hyperscan.HS_FLAG_CASELESS if regex.ignore_case else 0
    found |= hyperscan.HS_FLAG_MULTILINE if regex.multi_line else 0
    return int(found | (hyperscan.HS_FLAG_DOTALL if regex.dot_all else 0))


_UNESCAPED = r"(?<!\\)(?:\\\\)*"
_DIALECTS = {
    r"\\Z": "write $",
    r"\\v": r"write \x0b, or \s",
    r"\{,\d+\}": "write {0,n}",
    r"\\[^\x00-\x7f]": "write it without the backslash",
    r"\(\?[ims-]*[aLux][a-zL-]*[:)]": "i, m and s are accepted",
}
"""What Python and hyperscan read differently → what to write instead."""
_FIXES = {
    "too large": "shorten the {n,m} of the dots and classes, or write * and + instead",
    "Zero-width assertion": "write it without look-around; not can be said in the condition",
    "Embedded": "write ^, $ and \\b at the ends of the expression only",
    "Back-references": "write it without back-references",
    "Atomic": "write it without atomic groups",
    "Possessive": "write + instead of ++, * instead of *+",
    "Conditional": "write both ways with |",
}
"""What hyperscan says of what it does not run in one pass → what to write instead."""
