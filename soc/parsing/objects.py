r"""One JSON object from text: strict and fast first, lenient where the text is odd, bounded always.

Both ways give the same value wherever the fast one is sure of its own. The lenient way mends what a
hostile sender can put into JSON and says so: duplicate keys (the last wins), lone ``\ud800`` escapes
(U+FFFD), control characters inside strings, escapes that JSON does not know (``\x22`` is the character, as
web servers write it; other backslashes stand for themselves), NaN, Infinity and numbers that no double or
64-bit integer holds (kept as their own text, so that rules still see them).
"""

import json
import re
from typing import Any, Final

import orjson

from soc.kernel.errors import RecordError
from soc.model.event import Fields
from soc.parsing.bytes import without_lone_surrogates

DEPTH_LIMIT: Final = 64
"""Objects and arrays inside each other."""
KEY_LIMIT: Final = 10_000
"""Keys of one record, all depths together."""
_EXACT_INTEGERS = range(-(2**63), 2**64)
_EXACT_KINDS = frozenset((str, int, bool, type(None)))
_FIRST_INEXACT = float(2**63)
_ESCAPE = re.compile(r'((?:\\x[0-9a-fA-F]{2})+)|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})|(\\)')
_KEY = re.compile(r'"[ \t\r\n]*:')


def load_object(text: str) -> tuple[Fields, bool]:
    """Return the object that *text* is, and whether it had to be mended.

    Raises:
        RecordError: no JSON object, or one beyond ``DEPTH_LIMIT`` or ``KEY_LIMIT``.
    """
    value = load_strictly(text)
    return (value, False) if value is not None else load_leniently(text)


def load_strictly(text: str) -> Fields | None:
    """Return the object, or None where only the lenient way can tell what it is."""
    try:
        value = orjson.loads(text)
    except ValueError:
        return None
    if type(value) is not dict:
        return None
    # More `":` than keys: a key came twice, or a string holds that text; the lenient way knows which.
    return value if _count_keys(value) == len(_KEY.findall(text)) else None


def exact(value: Any) -> bool:
    """Return whether what was read strictly is an object that the lenient way gives too.

    Duplicate keys aside (the last wins in both), and given that the text is too short for ``KEY_LIMIT``.
    """
    if type(value) is not dict:
        return False
    if _EXACT_KINDS.issuperset(map(type, value.values())):
        return True
    others = [element for element in value.values() if type(element) not in _EXACT_KINDS]
    return all(map(_is_flat, others)) or _count_keys(value) >= 0


def _is_flat(element: Any) -> bool:
    """Return whether *element* is an exact number, or a list of nothing but exact scalars."""
    if type(element) is list:
        return all(type(inner) in _EXACT_KINDS or _is_exact_float(inner) for inner in element)
    return _is_exact_float(element)


def _is_exact_float(element: Any) -> bool:
    return type(element) is float and -_FIRST_INEXACT < element < _FIRST_INEXACT


def load_leniently(text: str) -> tuple[Fields, bool]:
    """Return the object and whether it was mended; slow, and sure.

    Raises:
        RecordError: no JSON object, or beyond the limits.
    """
    mending = _Mending()
    try:
        value = mending.decode(text)
    except RecursionError:
        raise RecordError(f"JSON is nested deeper than {DEPTH_LIMIT} levels") from None
    except ValueError as error:
        raise RecordError(f"not JSON: {_where(error)}") from None
    if type(value) is not dict:
        raise RecordError(f"JSON {type(value).__name__} found; an object is expected")
    _check_limits(value)
    return value, mending.mended


class _Mending:
    """A decoder that notes whether it had to change anything."""

    def __init__(self) -> None:
        self.mended = False

    def decode(self, text: str) -> Any:
        """Return the value of *text*.

        Raises:
            ValueError: *text* is not JSON.
        """
        options: dict[str, Any] = {
            "object_pairs_hook": self._object,
            "parse_int": self._integer,
            "parse_float": self._float,
            "parse_constant": self._as_text,
        }
        try:
            value = json.loads(text, **options)
        except json.JSONDecodeError:
            value = json.loads(_ESCAPE.sub(_known_escape, text), strict=False, **options)
            self.mended = True
        return self._valid(value)

    def _object(self, pairs: list[tuple[str, Any]]) -> Fields:
        fields = {self._valid(key): self._valid(value) for key, value in pairs}
        self.mended |= len(fields) < len(pairs)
        return fields

    def _valid(self, value: Any) -> Any:
        if type(value) is str:
            valid = without_lone_surrogates(value)
            self.mended |= valid != value
            return valid
        if type(value) is list:
            return [self._valid(element) for element in value]
        return value

    def _integer(self, digits: str) -> int | str:
        # Lengths first: Python refuses to read integers of thousands of digits.
        if len(digits) <= 20 and (number := int(digits)) in _EXACT_INTEGERS:
            return number
        return self._as_text(digits)

    def _float(self, digits: str) -> float | str:
        number = float(digits)
        return self._as_text(digits) if number in (float("inf"), float("-inf")) else number

    def _as_text(self, token: str) -> str:
        self.mended = True
        return token


def _count_keys(value: Fields) -> int:
    """Return the number of keys, or -1 where the strict way cannot be trusted or a limit may be broken."""
    count = 0
    level: list[Any] = [value]
    for _ in range(DEPTH_LIMIT):
        below: list[Any] = []
        for container in level:
            elements = container
            if type(container) is dict:
                count += len(container)
                elements = container.values()
            for element in elements:
                kind = type(element)
                if kind is dict or kind is list:
                    below.append(element)
                elif kind is float and not -_FIRST_INEXACT < element < _FIRST_INEXACT:
                    return -1
        if not below:
            return count if count <= KEY_LIMIT else -1
        level = below
    return -1


def _check_limits(value: Fields) -> None:
    count = 0
    level: list[Any] = [value]
    for _ in range(DEPTH_LIMIT):
        objects = [container for container in level if type(container) is dict]
        count += sum(map(len, objects))
        if count > KEY_LIMIT:
            raise RecordError(f"JSON has more than {KEY_LIMIT} keys")
        level = [
            element
            for container in level
            for element in (container.values() if type(container) is dict else container)
            if type(element) in (dict, list)
        ]
        if not level:
            return
    raise RecordError(f"JSON is nested deeper than {DEPTH_LIMIT} levels")


def _known_escape(escape: re.Match[str]) -> str:
    if escape[1] is not None:
        return json.dumps(bytes.fromhex(escape[1].replace("\\x", "")).decode("utf-8", "replace"))[1:-1]
    return "\\\\" if escape[2] is not None else escape[0]


def _where(error: ValueError) -> str:
    if isinstance(error, json.JSONDecodeError):
        return f"{error.msg} at character {error.pos + 1}"
    return "unreadable number"
