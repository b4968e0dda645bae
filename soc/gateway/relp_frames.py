"""Frames of RELP: ``TXNR SP COMMAND SP LENGTH [SP DATA] LF``, cut from a stream wherever reads end."""

import re
from dataclasses import dataclass

from soc.kernel.errors import WireError, shortened

MAX_DATA_BYTES = 1 << 20
"""rsyslog's own limit is 128 KiB."""


@dataclass(frozen=True, slots=True)
class Frame:
    """One frame of a sender."""

    txnr: int
    """Transaction number, 1 to 999,999,999 and round again; 0 is a hint without an answer."""
    command: str
    data: bytes


class RelpReader:
    """Turns chunks of a stream into frames; holds at most one unfinished frame."""

    def __init__(self) -> None:
        """Begin a stream."""
        self._buffer = bytearray()

    @property
    def held(self) -> int:
        """Return how many bytes of an unfinished frame are held; 0: the stream so far ends with a frame."""
        return len(self._buffer)

    def feed(self, data: bytes) -> list[Frame]:
        """Return the frames that *data* completes.

        Raises:
            WireError: no frame, or one beyond a limit; nothing behind it can be understood.
        """
        self._buffer += data
        frames: list[Frame] = []
        at = 0
        while head := self._head(at):
            length = int(head[3])
            if length > MAX_DATA_BYTES:
                raise WireError(f"RELP frame with {length} bytes of data; accepted: {MAX_DATA_BYTES}")
            start = head.end() if head[4] else head.end(3)
            end = start + length
            if len(self._buffer) <= end:
                break
            if self._buffer[end] != _LF or (length and not head[4]):
                raise WireError("RELP frame does not end where it says")
            frames.append(Frame(int(head[1]), head[2].decode(), bytes(self._buffer[start:end])))
            at = end + 1
        del self._buffer[:at]
        return frames

    def _head(self, at: int) -> re.Match[bytes] | None:
        found = _HEAD.match(self._buffer, at)
        if found is None and not _HEAD_BEGUN.fullmatch(self._buffer, at):
            begun = bytes(self._buffer[at : at + 40])
            raise WireError(f"no RELP frame: {shortened(begun)}; accepted: TXNR COMMAND LENGTH")
        return found


def framed(txnr: int, command: str, data: bytes = b"") -> bytes:
    """Return a frame."""
    return b"%d %b %d%b\n" % (txnr, command.encode(), len(data), b" " + data if data else b"")


_LF = 0x0A
_HEAD = re.compile(rb"([0-9]{1,9}) ([A-Za-z]{1,32}) ([0-9]{1,9})(?:( )|(?=\n))")
_HEAD_BEGUN = re.compile(rb"[0-9]{0,9}|[0-9]{1,9} [A-Za-z]{0,32}|[0-9]{1,9} [A-Za-z]{1,32} [0-9]{0,9}")
