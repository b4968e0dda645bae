"""What rules need of a record, without the rest of an event: its fields and its log sources.

Whoever looks for matches in many records reads them bare, and parses whole only what matched.
"""

from collections.abc import Callable, Mapping
from typing import Final

import orjson

from soc.kernel.errors import RecordError
from soc.parsing.access import read_access
from soc.parsing.bytes import valid_text
from soc.parsing.dump import BEGINNING, dump_reading
from soc.parsing.guess import read_any
from soc.parsing.objects import KEY_LIMIT, exact
from soc.parsing.pairs import read_pairs
from soc.parsing.plain import object_reading
from soc.parsing.reading import Context, Reading
from soc.parsing.recognition import widen
from soc.parsing.syslog import read_syslog
from soc.parsing.windows import windows_reading

_OBJECTS: Final[Mapping[str, Callable[..., Reading]]] = {
    "auto": object_reading,
    "json": object_reading,
    "windows_json": windows_reading,
    "evtx_json": windows_reading,
}
_LINES: Final[Mapping[str, Callable[[str, Context], Reading]]] = {
    "auto": read_any,
    "access": read_access,
    "pairs": read_pairs,
    "syslog": read_syslog,
}
_SHORTEST_KEY_BYTES = 6
"""Of ``"a":0,``: a shorter record cannot have too many keys."""


def read_bare(raw: bytes, format_: str, context: Context) -> Reading | None:
    """Return the fields and log sources that ``parse`` finds in *raw*; None if only it can tell.

    Args:
        raw: The record.
        format_: Name in the table of parsers.
        context: A bare one.
    """
    reading = (
        _object(raw, _OBJECTS[format_], context)
        if raw[:1] == b"{" and format_ in _OBJECTS
        else _line(raw, format_, context)
    )
    if reading is not None:
        widen(context.sources, reading)
    return reading


def _object(raw: bytes, read: Callable[..., Reading], context: Context) -> Reading | None:
    if len(raw) > KEY_LIMIT * _SHORTEST_KEY_BYTES:
        return None
    if raw.startswith(BEGINNING) and (reading := dump_reading(raw, context)) is not None:
        return reading
    try:
        record = orjson.loads(raw)
    except ValueError:
        return None
    return read(record, context, malformed=False) if exact(record) else None


def _line(raw: bytes, format_: str, context: Context) -> Reading | None:
    if format_ not in _LINES:
        return None
    text, _ = valid_text(raw)
    try:
        return _LINES[format_](text, context)
    except RecordError:
        return None
