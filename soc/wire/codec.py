"""Messages ↔ bytes: msgpack inside zstd, with every size bounded before memory is spent."""

from collections.abc import Mapping
from datetime import date
from typing import Final, TypeVar

import msgspec
import zstandard

from soc.kernel.errors import WireError, shortened
from soc.model.heartbeat import ConfigurationState
from soc.model.record import Record
from soc.wire import revision
from soc.wire.messages import Answer, Batch, Beat, Gap, SignedRevision

M = TypeVar("M", Batch, Beat)

VERSION = 1
SUPPORTED = (1,)
"""Versions this centre understands: its own and the two before, as far as they exist."""
MAX_BODY_BYTES = 8 << 20
"""Largest compressed body."""
MAX_PLAIN_BYTES = 32 << 20
"""Largest body after decompression."""
MAX_BEAT_BYTES = 256 << 10
"""Largest heartbeat, before and after decompression."""
MAX_RECORD_BYTES = 1 << 20
"""Longer lines are split by the collector."""
MAX_DAYS = 31
"""First-seen days in one batch: each is a volume of its own in the store."""
MAX_GAPS_BYTES = 1_000_000
"""With them a receipt still fits an entry of the feed."""
MAX_TEXT = 1000
"""Characters of a name or an id."""
MAX_NUMBER = 1 << 53
"""Sequence numbers, times in ms and sizes: exact in every language, and far from any overflow."""
BATCH_TYPE = "application/vnd.soc.batch+zstd"
BEAT_TYPE = "application/vnd.soc.heartbeat+zstd"
ANSWER_TYPE = "application/vnd.soc.answer+msgpack"


def pack(message: Batch | Beat) -> bytes:
    """Return the compressed form of *message*."""
    return zstandard.ZstdCompressor(level=3).compress(_ENCODER.encode(message))


def weight(message: Batch | Beat) -> int:
    """Return how many bytes *message* takes uncompressed."""
    return len(_ENCODER.encode(message))


def unpack(body: bytes, kind: type[M]) -> M:
    """Return the message in *body*.

    Raises:
        WireError: not zstd, too large, not msgpack, wrong shape, a version not spoken here.
    """
    plain = _inflate(body, _PLAIN_BYTES[kind])
    try:
        message = msgspec.msgpack.decode(plain, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise WireError(f"{kind.__name__}: {error}") from error
    if message.version not in SUPPORTED:
        raise WireError(f"{kind.__name__} version {message.version}; spoken here: {SUPPORTED}")
    if isinstance(message, Batch):
        _check_batch(message)
    elif isinstance(message, Beat):
        _check_beat(message)
    return message


def pack_answer(answer: Answer) -> bytes:
    """Return the bytes of *answer*, uncompressed."""
    return _ENCODER.encode(answer)


def unpack_answer(body: bytes) -> Answer:
    """Return the answer in *body*; unknown members are left alone.

    Raises:
        WireError: not an answer, or beyond a limit.
    """
    try:
        answer = msgspec.msgpack.decode(body, type=Answer)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise WireError(f"Answer: {error}") from error
    _between("time_ms", answer.time_ms, 0)
    if answer.resend_from is not None:
        _between("resend_from", answer.resend_from, 1)
    if answer.configuration is not None:
        _check_revision(answer.configuration)
    return answer


_ENCODER = msgspec.msgpack.Encoder()
_BEAT_NUMBERS = (
    "sent_at_ms",
    "next_seq",
    "acked_seq",
    "spool_bytes",
    "spool_limit_bytes",
    "shed",
    "set_aside",
    "certificate_until_ms",
)
_PLAIN_BYTES: Final[Mapping[type[Batch | Beat], int]] = {Batch: MAX_PLAIN_BYTES, Beat: MAX_BEAT_BYTES}


def _inflate(body: bytes, limit: int) -> bytes:
    if len(body) > MAX_BODY_BYTES:
        raise WireError(f"body of {len(body)} bytes; accepted: {MAX_BODY_BYTES}")
    stream = zstandard.ZstdDecompressor(max_window_size=MAX_BODY_BYTES).stream_reader(
        body, read_across_frames=True
    )
    try:
        plain = stream.read(limit + 1)
    except zstandard.ZstdError as error:
        raise WireError(f"body is not zstd: {error}") from error
    if len(plain) > limit:
        raise WireError(f"body is larger than {limit} bytes when decompressed")
    return plain


def _check_batch(batch: Batch) -> None:
    _at_most("boot of {} characters", len(batch.boot), MAX_TEXT)
    _at_most("spool's id of {} characters", len(batch.spool), MAX_TEXT)
    _between("sent_at_ms", batch.sent_at_ms, 0)
    _between("acked_seq", batch.acked_seq, 0)
    _between("first_seq", batch.first_seq, 1)
    _at_most("gaps of {} bytes", len(_ENCODER.encode(batch.gaps)), MAX_GAPS_BYTES)
    for gap in batch.gaps:
        _check_gap(gap)
    for record in batch.records:
        check_record(record)
    _at_most("batch of {} days", len({record.day for record in batch.records}), MAX_DAYS)


def _check_gap(gap: Gap) -> None:
    _between("gap's first_seq", gap.first_seq, 1)
    _between("gap's last_seq", gap.last_seq, gap.first_seq)
    _between("gap's at_ms", gap.at_ms, 0)
    _at_most("gap's texts of {} characters", max(len(gap.source), len(gap.why)), MAX_TEXT)


def check_record(record: Record) -> None:
    """Let a record pass that keeps the wire's limits.

    Raises:
        WireError: it does not.
    """
    _at_most("record of {} bytes", len(record.raw), MAX_RECORD_BYTES)
    names = (record.source, record.format, record.zone, record.fingerprint, record.own_id, record.peer)
    _at_most("record's names of {} characters", max(*map(len, names), len(record.encoding)), MAX_TEXT)
    if not _is_day(record.day):
        raise WireError(f"day {shortened(record.day)}; accepted: YYYY-MM-DD")


def _check_beat(beat: Beat) -> None:
    longest = max(len(beat.boot), len(beat.software), len(beat.spool))
    _at_most("heartbeat's texts of {} characters", longest, MAX_TEXT)
    for name in _BEAT_NUMBERS:
        _between(name, getattr(beat, name), 0)
    if beat.configuration is not None:
        _check_configuration(beat.configuration)
    for source in beat.sources:
        _at_most("source's name of {} characters", len(source.source), MAX_TEXT)
        _between("oldest_unacked_ms", source.oldest_unacked_ms, 0)


def _check_configuration(state: ConfigurationState) -> None:
    _between("configuration's number", state.number, 0)
    _at_most("configuration's texts of {} characters", max(len(state.hash), len(state.why)), MAX_TEXT)


def _check_revision(sent: SignedRevision) -> None:
    _between("revision's number", sent.number, 1)
    _at_most("revision of {} bytes", len(sent.body), revision.MAX_BODY_BYTES)
    _at_most("revision's signature of {} bytes", len(sent.signature), revision.SIGNATURE_BYTES)


def _at_most(what: str, count: int, limit: int) -> None:
    if count > limit:
        raise WireError(f"{what.format(count)}; accepted: {limit}")


def _between(name: str, number: int, lowest: int) -> None:
    if not lowest <= number <= MAX_NUMBER:
        raise WireError(f"{name} {number}; accepted: {lowest} to {MAX_NUMBER}")


def _is_day(text: str) -> bool:
    try:
        return len(text) == 10 and date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False
