"""Inflating: gzip and zlib streams unpacked piece by piece, so that no bomb is ever held as a whole."""

import zlib
from collections.abc import Iterator

from soc.kernel.errors import WireError

PIECE_BYTES = 64 << 10
MAX_MEMBERS = 10_000
"""Members of one stream; empty ones would be work without end that adds up to nothing."""
_EITHER = zlib.MAX_WBITS + 32
"""The head of the stream says whether it is gzip or zlib."""


class Inflater:
    """Unpacks one stream, several gzip members behind each other included."""

    def __init__(self) -> None:
        """Begin a stream."""
        self._stream = zlib.decompressobj(_EITHER)
        self._members = 0

    def feed(self, data: bytes) -> Iterator[bytes]:
        """Yield what *data* unpacks to, in pieces of at most 64 KiB.

        Raises:
            WireError: it is neither gzip nor zlib, or of too many members.
        """
        for start in range(0, len(data), PIECE_BYTES):  # what is left over is copied for every piece
            yield from self._feed(data[start : start + PIECE_BYTES])

    def _feed(self, data: bytes) -> Iterator[bytes]:
        while data:
            self._next_member()
            try:
                piece = self._stream.decompress(data, PIECE_BYTES)
            except zlib.error as error:
                raise WireError("the compressed data are neither gzip nor zlib") from error
            data = self._stream.unconsumed_tail or self._stream.unused_data
            if piece:
                yield piece

    def _next_member(self) -> None:
        """Begin another member where none is unfinished."""
        if self._members and not self._stream.eof:
            return
        self._members += 1
        if self._members > MAX_MEMBERS:
            raise WireError(f"the compressed data have more than {MAX_MEMBERS} members")
        self._stream = zlib.decompressobj(_EITHER)

    def end(self) -> None:
        """Let a stream pass that came whole.

        Raises:
            WireError: it was cut.
        """
        if self._members and not self._stream.eof:
            raise WireError("the compressed data end too early")
