"""Messages ↔ bytes: msgpack inside zstd, with every size bounded before memory is spent."""

from datetime import date
from typing import TypeVar

import msgspec
import zstandard

from soc.kernel.errors import WireError, shortened
from soc.wire.messages import Answer, Batch, Beat

M = TypeVar("M", Batch, Beat, Answer)

VERSION = 1
SUPPORTED = (1,)
"""Versions this centre understands: its own and the two before, as far as they exist."""
MAX_RECORDS = 1000
MAX_BODY_BYTES = 8 << 20
"""Largest compressed body."""
MAX_PLAIN_BYTES = 32 << 20
"""Largest body after decompression."""
MAX_RECORD_BYTES = 1 << 20
"""Longer lines are split by the collector."""
BATCH_TYPE = "application/vnd.soc.batch+zstd"
BEAT_TYPE = "application/vnd.soc.heartbeat+zstd"
ANSWER_TYPE = "application/vnd.soc.answer+msgpack"


def pack(message: Batch | Beat) -> bytes:
    """Return the compressed form of *message*."""
    return zstandard.ZstdCompressor(level=3).compress(_ENCODER.encode(message))


def unpack(body: bytes, kind: type[M]) -> M:
    """Return the message in *body*.

    Raises:
        WireError: not zstd, too large, not msgpack, wrong shape, a version not spoken here.
    """
    plain = _inflate(body)
    try:
        message = msgspec.msgpack.decode(plain, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise WireError(f"{kind.__name__}: {error}") from error
    if message.version not in SUPPORTED:
        raise WireError(f"{kind.__name__} version {message.version}; spoken here: {SUPPORTED}")
    if isinstance(message, Batch):
        _check(message)
    return message


def pack_answer(answer: Answer) -> bytes:
    """Return the bytes of *answer*, uncompressed."""
    return _ENCODER.encode(answer)


def unpack_answer(body: bytes) -> Answer:
    """Return the answer in *body*; unknown members are left alone.

    Raises:
        WireError: not an answer.
    """
    try:
        return msgspec.msgpack.decode(body, type=Answer)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise WireError(f"Answer: {error}") from error


_ENCODER = msgspec.msgpack.Encoder()


def _inflate(body: bytes) -> bytes:
    if len(body) > MAX_BODY_BYTES:
        raise WireError(f"body of {len(body)} bytes; accepted: {MAX_BODY_BYTES}")
    stream = zstandard.ZstdDecompressor(max_window_size=MAX_BODY_BYTES).stream_reader(body)
    try:
        plain = stream.read(MAX_PLAIN_BYTES + 1)
    except zstandard.ZstdError as error:
        raise WireError(f"body is not zstd: {error}") from error
    if len(plain) > MAX_PLAIN_BYTES:
        raise WireError(f"body is larger than {MAX_PLAIN_BYTES} bytes when decompressed")
    return plain


def _check(batch: Batch) -> None:
    if len(batch.records) > MAX_RECORDS:
        raise WireError(f"batch of {len(batch.records)} records; accepted: {MAX_RECORDS}")
    if batch.first_seq < 1:
        raise WireError(f"first_seq {batch.first_seq}; accepted: 1 or more")
    longest = max((len(record.raw) for record in batch.records), default=0)
    if longest > MAX_RECORD_BYTES:
        raise WireError(f"record of {longest} bytes; accepted: {MAX_RECORD_BYTES}")
    for record in batch.records:
        if not _is_day(record.day):
            raise WireError(f"day {shortened(record.day)}; accepted: YYYY-MM-DD")


def _is_day(text: str) -> bool:
    try:
        return len(text) == 10 and date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False
