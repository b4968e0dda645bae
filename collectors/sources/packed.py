"""Packed: a rotated file that was compressed with gzip, read as if it never had been.

Offsets and fingerprints are those of the bytes inside, so that its records have the ids they had. It is
unpacked forwards, a little at a time; what lies behind is reached by beginning again.
"""

import errno
import os
import zlib
from dataclasses import dataclass, field
from typing import Any

from soc.kernel.ids import FINGERPRINT_BYTES, digest

SUFFIX = ".gz"
_CHUNK_BYTES = 64 << 10
_GZIP = 16 + zlib.MAX_WBITS


@dataclass(slots=True)
class Packed:
    """A file of one or more gzip members, possibly still being written."""

    handle: int
    _taken: int = 0
    """Compressed bytes given to the decompressor."""
    _offset: int = 0
    """Of the first byte that was not handed out."""
    _member: Any = None
    """Decompressor in the middle of a member; None between members."""
    _packed: bytes = b""
    """Compressed bytes that were read and not yet given to it."""
    _head: bytes = field(default=b"", repr=False)
    _last: bytes = field(default=b"", repr=False)
    """What was handed out last; it is asked for again."""

    def read(self, size: int, offset: int) -> bytes:
        """Return up to *size* bytes from *offset* of what was compressed.

        Raises:
            OSError: the file cannot be read, or is no gzip file from there on.
        """
        at = offset - (self._offset - len(self._last))
        if at >= 0 and at + size <= len(self._last):
            return self._last[at : at + size]
        if offset + size <= len(self._head):
            return self._head[offset : offset + size]
        if offset < self._offset:
            self._begin_again()
        while self._offset < offset:
            if not self._next(min(_CHUNK_BYTES, offset - self._offset)):
                return b""
        found = bytearray()
        while len(found) < size and (data := self._next(size - len(found))):
            found += data
        self._last = bytes(found)
        return self._last

    def holds(self, end: int) -> bool:
        """Return that nothing which was inside disappears."""
        return end >= 0

    def complete(self) -> bool:
        """Return whether the last member ended where the file does."""
        return self._member is None and self._taken == os.fstat(self.handle).st_size

    def seal(self) -> str:
        """Return the digest of its beginning, its end (which holds checksum and length) and its size."""
        size = os.fstat(self.handle).st_size
        tail = max(0, size - FINGERPRINT_BYTES)
        ends = os.pread(self.handle, FINGERPRINT_BYTES, 0), os.pread(self.handle, FINGERPRINT_BYTES, tail)
        return digest("packed", str(size), *ends)

    def _begin_again(self) -> None:
        self._taken = self._offset = 0
        self._member, self._packed, self._last = None, b"", b""

    def _next(self, size: int) -> bytes:
        """Return up to *size* ≥ 1 of the next bytes; empty at the end of what is there."""
        while True:
            if not self._packed:
                self._packed = os.pread(self.handle, _CHUNK_BYTES, self._taken)
            data = self._unpack(size)
            if data:
                self._remember(data)
                self._offset += len(data)
                return data
            if not self._packed and not os.pread(self.handle, 1, self._taken):
                return b""

    def _unpack(self, size: int) -> bytes:
        if self._member is None:
            self._packed = self._without_padding(self._packed)
            if not self._packed:
                return b""
            self._member = zlib.decompressobj(_GZIP)
        try:
            data: bytes = self._member.decompress(self._packed, size)
        except zlib.error as error:
            raise OSError(errno.EINVAL, f"damaged gzip file: {error}") from error
        ended = self._member.eof
        left = self._member.unused_data if ended else self._member.unconsumed_tail
        self._taken += len(self._packed) - len(left)
        self._packed = left
        if ended:
            self._member = None
        return data

    def _without_padding(self, packed: bytes) -> bytes:
        """Return *packed* without NULs that tapes and copies put between and behind members."""
        bare = packed.lstrip(b"\0") if self._taken else packed
        self._taken += len(packed) - len(bare)
        return bare

    def _remember(self, data: bytes) -> None:
        if self._offset == len(self._head) < FINGERPRINT_BYTES:
            self._head += data[: FINGERPRINT_BYTES - len(self._head)]
