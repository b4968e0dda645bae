"""A position: how far one file was read, and how that file is known again.

A file is known by its content: the hash of its first bytes and of the last bytes that were read, at most
1,000 each. Device and inode only say where to look first: file systems give the same inode to the
next file at once.
"""

import os

import msgspec

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

    @property
    def place(self) -> tuple[int, int]:
        """Return device and inode."""
        return self.device, self.inode

    def is_of(self, handle: int) -> bool:
        """Return whether the open file begins with what was read of it."""
        return (self.head, self.tail) == marks(handle, self.offset)


def marks(handle: int, offset: int) -> tuple[str, str]:
    """Return the hashes of the file's first bytes and of those before *offset*."""
    size = min(FINGERPRINT_BYTES, offset)
    head, tail = os.pread(handle, size, 0), os.pread(handle, size, offset - size)
    return fingerprint(head, offset), digest("tail", str(offset), tail)


def encode_position(position: Position) -> bytes:
    """Return the bytes to keep."""
    return msgspec.msgpack.encode(position)


def decode_position(data: bytes) -> Position | None:
    """Return the position in *data*; None when it cannot be read (the file is then read again)."""
    try:
        return msgspec.msgpack.decode(data, type=Position)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
