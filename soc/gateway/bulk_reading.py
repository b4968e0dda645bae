"""Reading ``_bulk`` bodies: a stream of bytes cut into actions with their documents, wherever reads end.

Lines come in pairs, an action (``create`` or ``index``) and its document; blank lines between pairs are
passed over. What stands where a document must is one, whatever it holds: whether it can be used is not for
the frame to say.
"""

import hashlib
from dataclasses import dataclass
from enum import StrEnum

import msgspec

from soc.kernel.errors import WireError, shortened
from soc.kernel.ids import digest

MAX_ACTION_BYTES = 8 << 10


class Operation(StrEnum):
    """What may be done with a document; to us both mean the same."""

    CREATE = "create"
    INDEX = "index"


@dataclass(frozen=True, slots=True)
class Item:
    """One action with its document."""

    operation: Operation
    index: str
    id: str
    """As the sender said it; empty: it did not."""
    own_id: str
    """Of the document's record: the same whenever the sender says the same ``_id``, or, without one, whenever
    it sends a body that begins with the same bytes up to here."""
    document: bytes


class BulkReader:
    """Turns chunks of one body into items; holds at most one unfinished line and one action."""

    def __init__(self, index: str = "") -> None:
        """Begin a body; *index* is for actions that name none."""
        self._index = index
        self._buffer = bytearray()
        self._searched = 0
        self._action: _Action | None = None
        self._count = 0
        self._body = hashlib.blake2b(index.encode(), digest_size=16)

    @property
    def waiting(self) -> int:
        """Return how many bytes of an unfinished line are held."""
        return len(self._buffer)

    def feed(self, data: bytes) -> list[Item]:
        """Return the items that *data* completes.

        Raises:
            WireError: an action is none of those accepted.
        """
        self._buffer += data
        items: list[Item] = []
        start = 0
        while (end := self._buffer.find(b"\n", max(start, self._searched))) >= 0:
            items += self._line(bytes(self._buffer[start : end + 1]))
            start = end + 1
        del self._buffer[:start]
        self._searched = len(self._buffer)
        return items

    def end(self) -> list[Item]:
        """Return the item of a last line without a line end.

        Raises:
            WireError: an action is none of those accepted, or is the last line.
        """
        items = self._line(bytes(self._buffer)) if self._buffer else []
        self._buffer.clear()
        if self._action is not None:
            raise WireError(f"action {self._count} has no document")
        return items

    def _line(self, line: bytes) -> list[Item]:
        self._body.update(line)
        text = line.removesuffix(b"\n").removesuffix(b"\r")
        if self._action is None:
            if text.strip():
                self._action = self._read(text)
            return []
        action, self._action = self._action, None
        own_id = f"body:{self._body.hexdigest()}:{self._count}"
        if action.id:
            own_id = f"id:{digest(action.index, action.id)}"
        self._count += 1
        return [Item(action.operation, action.index, action.id, own_id, text)]

    def _read(self, text: bytes) -> "_Action":
        try:
            if len(text) > MAX_ACTION_BYTES:
                raise WireError(f"action {self._count} is longer than {MAX_ACTION_BYTES} bytes")
            ((name, said),) = _ACTIONS.decode(text).items()
            operation = Operation(name)
        except (ValueError, msgspec.DecodeError, RecursionError) as error:
            accepted = '{"create":{…}} or {"index":{…}}'
            raise WireError(
                f"action {self._count} is {shortened(text[:80])}; accepted: {accepted}"
            ) from error
        return _Action(operation, said.index or self._index, "" if said.id is None else str(said.id))


@dataclass(frozen=True, slots=True)
class _Action:
    operation: Operation
    index: str
    id: str


class _Said(msgspec.Struct, frozen=True):
    index: str | None = msgspec.field(default=None, name="_index")
    id: str | int | None = msgspec.field(default=None, name="_id")


_ACTIONS = msgspec.json.Decoder(dict[str, _Said])
