"""A first glance at a JSON record: which Windows event it is, without decoding the rest.

The whole record is still checked to be JSON. Where the shape is or could be any other, nothing is told.
"""

from typing import Annotated, Any, Final

import msgspec

from soc.model.event import LogSource
from soc.parsing.mapping import Sources
from soc.parsing.reading import Reading
from soc.parsing.recognition import widen
from soc.parsing.windows import event_logsources

FORMATS: Final = frozenset(("auto", "json", "windows_json"))
"""Record formats whose records may be glanced at."""
DOUBTS: Final = (b"winlog.",)
"""Where one of these stands in the record, it may be of another shape."""


Kind = tuple[str, int, bool]
"""Channel, event id, and whether the record is flat: its top-level fields are those of the event."""


_Id = Annotated[int, msgspec.Meta(ge=-(2**63), le=2**63 - 1)]
"""Larger numbers are kept as texts."""


class _Header(msgspec.Struct):
    channel: str | msgspec.UnsetType = msgspec.field(name="Channel", default=msgspec.UNSET)
    event_id: _Id | msgspec.UnsetType = msgspec.field(name="EventID", default=msgspec.UNSET)
    log_name: str | msgspec.UnsetType = msgspec.UNSET
    beat_event_id: _Id | msgspec.UnsetType = msgspec.field(name="event_id", default=msgspec.UNSET)
    event: Any = msgspec.field(name="Event", default=msgspec.UNSET)
    winlog: Any = msgspec.UNSET


_decode: Final = msgspec.json.Decoder(_Header).decode
_UNSET: Final = msgspec.UNSET


def glance(raw: bytes) -> Kind | None:
    r"""Return the kind of Windows event that *raw* is, flat or of Winlogbeat 6; None if that is not sure.

    It is sure unless one of ``DOUBTS`` or an escape ``\u`` stands in *raw*.
    """
    try:
        header = _decode(raw)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None
    if header.event is not _UNSET or header.winlog is not _UNSET:
        return None
    channel, event_id, flat = header.channel, header.event_id, header.log_name is _UNSET
    if not flat:
        channel, event_id = header.log_name, header.beat_event_id
    return (channel, event_id, flat) if isinstance(channel, str) and isinstance(event_id, int) else None


def logsources_of(kind: Kind, sources: Sources) -> tuple[LogSource, ...]:
    """Return the log sources of every event of *kind*."""
    reading = Reading({}, event_logsources(sources, kind[0], kind[1]))
    widen(sources, reading)
    return reading.logsources
