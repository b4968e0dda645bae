"""A first glance at a record: of which kind it is, without reading the rest.

The whole record is still checked to be what its format says. Where its shape is or could be any other,
nothing is told.
"""

from collections.abc import Callable, Mapping
from typing import Annotated, Final

import msgspec
from msgspec import UNSET, UnsetType

from soc.model.event import Fields, LogSource
from soc.parsing.access import is_plain_access
from soc.parsing.mapping import Sources
from soc.parsing.reading import Reading
from soc.parsing.recognition import widen
from soc.parsing.windows import event_logsources

Kind = tuple[str, int | None, bool]
"""Channel, event id, and whether it is flat JSON: its top-level fields are those of the event.

An access log's line has neither channel nor id.
"""
_ACCESS: Final[Kind] = ("", None, False)


_Id = Annotated[int, msgspec.Meta(ge=-(2**63), le=2**63 - 1)]
"""Larger numbers are kept as texts."""


_Never = Annotated[int, msgspec.Meta(gt=0, lt=0)]
"""No value: where the key stands, the record is of another shape."""


class _Header(msgspec.Struct):
    channel: str | UnsetType = msgspec.field(name="Channel", default=UNSET)
    event_id: _Id | UnsetType = msgspec.field(name="EventID", default=UNSET)
    log_name: str | UnsetType = UNSET
    beat_id: _Id | UnsetType = msgspec.field(name="event_id", default=UNSET)
    event: _Never = msgspec.field(name="Event", default=0)
    winlog: _Never = 0


_header: Final = msgspec.json.Decoder(_Header).decode
_UNDECIDED: Final = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)


def glance(raw: bytes) -> Kind | None:
    r"""Return the kind of Windows event that *raw* is, flat or of Winlogbeat 6; None if that is not sure.

    It is sure unless one of ``doubts_of`` it or an escape ``\u`` stands in *raw*.
    """
    if raw[:1] != b"{":
        return None
    try:
        header = _header(raw)
    except _UNDECIDED:
        return None
    is_flat = header.log_name is UNSET
    channel, event_id = (header.channel, header.event_id) if is_flat else (header.log_name, header.beat_id)
    return None if channel is UNSET or event_id is UNSET else (channel, event_id, is_flat)


def glance_access(raw: bytes) -> Kind | None:
    """Return the kind of access log lines if *raw* is one whose fields stand in it as they are."""
    return _ACCESS if is_plain_access(raw) else None


FORMATS: Final[Mapping[str, Callable[[bytes], Kind | None]]] = {
    "auto": glance,
    "json": glance,
    "windows_json": glance,
    "access": glance_access,
}
"""Record formats whose records may be glanced at."""


def doubts_of(kind: Kind) -> tuple[bytes, ...]:
    """Return what must not stand in a record for the glance to be sure: other shapes, other quoting."""
    return (b"\\",) if kind is _ACCESS else (b"winlog.",)


def known_of(kind: Kind) -> Fields:
    """Return the fields that every event of *kind* has."""
    return {} if kind[1] is None else {"EventID": kind[1]}


def logsources_of(kind: Kind, sources: Sources) -> tuple[LogSource, ...]:
    """Return the log sources of every event of *kind*."""
    found = sources.formats.get("access", ()) if kind is _ACCESS else event_logsources(sources, *kind[:2])
    reading = Reading({}, found)
    widen(sources, reading)
    return reading.logsources
