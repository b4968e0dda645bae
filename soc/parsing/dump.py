"""A dump of a Windows event in its usual shape, read straight from the bytes into fields.

The decoder is told the shape: header, and data without anything inside. It refuses every other, so that
neither the depth nor the values need to be looked at once more.
"""

from typing import Annotated, Final

import msgspec

from soc.parsing.reading import Context, Reading
from soc.parsing.windows import event_reading, header_of

BEGINNING: Final = b'{"Event"'
"""How EVTX readers begin a record."""
_Integer = Annotated[int, msgspec.Meta(ge=-(2**63), le=2**63 - 1)]
_Scalar = str | _Integer | bool | None
_Element = _Scalar | dict[str, _Scalar | dict[str, _Scalar]]


class _Event(msgspec.Struct, forbid_unknown_fields=True):
    system: dict[str, _Element] = msgspec.field(name="System")
    data: dict[str, _Scalar] | None = msgspec.field(name="EventData")
    attributes: dict[str, _Scalar] = msgspec.field(name="#attributes")


class _Dump(msgspec.Struct, forbid_unknown_fields=True):
    event: _Event = msgspec.field(name="Event")


_decode: Final = msgspec.json.Decoder(_Dump).decode
_NO_NAMES: Final = frozenset(("#text", "#attributes", "EventData", "UserData"))
"""What stands under these in the data is not a field, or not always."""


def dump_reading(raw: bytes, context: Context) -> Reading | None:
    """Return what ``windows_reading`` makes of the object *raw*; None if it is of another shape.

    Args:
        raw: The record, too short for ``KEY_LIMIT``.
        context: A bare one.
    """
    try:
        event = _decode(raw).event
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return None
    fields = event.data or {}
    if not _NO_NAMES.isdisjoint(fields) or " " in "".join(fields):
        return None
    fields.update(header_of(event.system))
    return event_reading(fields, context, malformed=False)
