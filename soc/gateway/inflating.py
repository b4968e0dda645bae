"""Inflating: gzip and zlib streams unpacked piece by piece, so that no bomb is ever held as a whole."""

import zlib
from collections.abc import Iterator

from soc.kernel.errors import WireError

PIECE_BYTES = 64 << 10
_EITHER = zlib.MAX_WBITS + 32
"""The head of the stream says whether it is gzip or zlib."""


class Inflater:
    """Unpacks one stream, several gzip members behind each other included."""

    def __init__(self) -> None:
        """Begin a stream."""
        self._stream = zlib.decompressobj(_EITHER)
        self._begun = False

    def feed(self, data: bytes) -> Iterator[bytes]:
        """Yield what *data* unpacks to, in pieces of at most 64 KiB.

        Raises:
            WireError: it is neither gzip nor zlib.
        """
        while data:
            if self._stream.eof:
                self._stream = zlib.decompressobj(_EITHER)
            self._begun = True
            try:
                piece = self._stream.decompress(data, PIECE_BYTES)
            except zlib.error as error:
                raise WireError("the compressed data are neither gzip nor zlib") from error
            data = self._stream.unconsumed_tail or self._stream.unused_data
            if piece:
                yield piece

    def end(self) -> None:
        """Let a stream pass that came whole.

        Raises:
            WireError: it was cut.
        """
        if self._begun and not self._stream.eof:
            raise WireError("the compressed data end too early")
