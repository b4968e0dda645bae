"""EVTX files of the public corpus, and what may become of such files on a disk."""

import os
import struct
import zlib
from pathlib import Path

import pytest

HEADER_BYTES = 4096
CHUNK_BYTES = 65_536
CHUNKS_AT = 42
FLAGS_AT = 120
CHECKSUM_AT = 124


def corpus() -> Path:
    """Return the folder of samples; skips the test where it is absent."""
    project = Path(__file__).parents[2]
    folder = Path(os.environ.get("SOC_CORPORA", project / ".." / "shared" / "corpora")) / "evtx-attack"
    if not folder.is_dir():
        pytest.skip("no corpora: SOC_CORPORA is not set")
    return folder


def with_chunks(data: bytes, chunks: list[int]) -> bytes:
    """Return the log with only these of its chunks, in this order; as it grew, or wrapped around."""
    body = b"".join(
        data[HEADER_BYTES + number * CHUNK_BYTES : HEADER_BYTES + (number + 1) * CHUNK_BYTES]
        for number in chunks
    )
    header = bytearray(data[:HEADER_BYTES])
    struct.pack_into("<H", header, CHUNKS_AT, len(chunks))
    struct.pack_into("<I", header, CHECKSUM_AT, zlib.crc32(header[:FLAGS_AT]))
    return bytes(header) + body


def in_use(data: bytes) -> bytes:
    """Return the log as a running system leaves it: not closed."""
    return data[:FLAGS_AT] + struct.pack("<I", 1) + data[FLAGS_AT + 4 :]
