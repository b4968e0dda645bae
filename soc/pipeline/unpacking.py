"""Compressed files read as plain ones: gzip and zstd, in bounded memory, with a cut-off end told."""

import gzip
import io
from typing import IO

import zstandard

BUFFER_BYTES = 1 << 20
STEP_BYTES = 2048
"""Compressed bytes taken at a time: a zstd block of four bytes may grow to 128 KiB."""


def plain(raw: IO[bytes]) -> io.BufferedReader:
    """Return *raw*'s content, decompressed if it begins like gzip or zstd.

    Reading from it raises ``OSError``, ``EOFError`` or ``ZstdError`` where the data is damaged.
    """
    magic = raw.read(4)
    raw.seek(0)
    if magic.startswith(b"\x1f\x8b"):
        return io.BufferedReader(gzip.GzipFile(fileobj=raw), BUFFER_BYTES)
    if magic == b"\x28\xb5\x2f\xfd":
        return io.BufferedReader(_Zstd(raw), BUFFER_BYTES)
    return io.BufferedReader(raw, BUFFER_BYTES)  # type: ignore[arg-type]


class _Zstd(io.RawIOBase):
    """Frames in a row; unlike zstandard's own reader it notices that the last one is cut off."""

    def __init__(self, raw: IO[bytes]) -> None:
        self._raw = raw
        self._frame = zstandard.ZstdDecompressor().decompressobj()
        self._ready = memoryview(b"")
        self._rest = b""

    def readable(self) -> bool:
        return True

    def readinto(self, into: "bytearray | memoryview") -> int:  # type: ignore[override]
        while not self._ready:
            packed = self._rest or self._raw.read(STEP_BYTES)
            if not packed:
                if not self._frame.eof:
                    raise EOFError("the zstd stream is cut off")
                return 0
            if self._frame.eof:
                self._frame = zstandard.ZstdDecompressor().decompressobj()
            self._ready = memoryview(self._frame.decompress(packed))
            self._rest = self._frame.unused_data if self._frame.eof else b""
        size = min(len(into), len(self._ready))
        into[:size] = self._ready[:size]
        self._ready = self._ready[size:]
        return size
