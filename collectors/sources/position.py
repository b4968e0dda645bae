"""A position: how far one file was read, and how that file is known again.

A file is known by its content: the hash of its first bytes and of the last bytes that were read, at most
1,000 each. Device and inode only say where to look first: file systems give the same inode to the
next file at once.
"""

import msgspec

from collectors.sources.content import Content
from soc.kernel.ids import FINGERPRINT_BYTES, digest, fingerprint


class Position(msgspec.Struct, frozen=True):
    """As kept in the spool."""

    path: bytes
    """Where it was seen last."""
    device: int
    inode: int
    offset: int
    inside: bool
    """The offset lies inside a line of which parts were delivered."""
    head: str
    """Hash of the first min(1000, offset) bytes."""
    tail: str
    """Hash of the last min(1000, offset) bytes before the offset."""
    seal: str = ""
    """Of a file that does not grow and was read to its end."""

    @property
    def place(self) -> tuple[int, int]:
        """Return device and inode."""
        return self.device, self.inode

    def begins(self, content: Content) -> bool:
        """Return whether the open file begins like the one that was read; quickly told."""
        size = min(FINGERPRINT_BYTES, self.offset)
        return self.head == head_mark(content.read(size, 0), self.offset)

    def is_of(self, content: Content) -> bool:
        """Return whether the open file begins with what was read."""
        size = min(FINGERPRINT_BYTES, self.offset)
        return (
            self.offset > 0
            and self.begins(content)
            and self.tail == tail_mark(content.read(size, self.offset - size), self.offset)
        )


def head_mark(head: bytes, offset: int) -> str:
    """Return the hash of the first bytes of a file that was read up to *offset*."""
    return fingerprint(head, offset)


def tail_mark(before: bytes, offset: int) -> str:
    """Return the hash of the last bytes *before* that offset; 1,000 of them, or all."""
    return digest("tail", str(offset), before[-FINGERPRINT_BYTES:])


def encode_position(position: Position) -> bytes:
    """Return the bytes to keep."""
    return msgspec.msgpack.encode(position)


def decode_position(data: bytes) -> Position | None:
    """Return the position in *data*; None when it cannot be read (the file is then read again)."""
    try:
        return msgspec.msgpack.decode(data, type=Position)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
