"""What is packed is unpacked; what breaks a limit is refused before memory is spent."""

from datetime import date, timedelta
from typing import Any

import msgspec
import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from soc.kernel.errors import WireError
from soc.model.heartbeat import ConfigurationState, Fate, SourceState
from soc.model.identity import Origin
from soc.model.record import Record
from soc.wire import codec
from soc.wire.messages import MAX_GAPS, MAX_RECORDS, MAX_SOURCES, Answer, Batch, Beat, Gap, SignedRevision

ORIGIN = Origin("so-y-te", "c1", None)


def a_record(raw: bytes = b"line") -> Record:
    return Record(source="auth", format="syslog", raw=raw, read_at_ms=1, day="2026-11-24", zone="UTC")


def a_record_of(day: int) -> Record:
    return msgspec.structs.replace(a_record(), day=(date(2026, 1, 1) + timedelta(days=day)).isoformat())


def a_beat(**said: Any) -> Beat:
    return msgspec.structs.replace(Beat(codec.VERSION, ORIGIN, "boot", 1, 1, 1, (), 0, "1.0"), **said)


def a_batch(*records: Record, version: int = codec.VERSION, first_seq: int = 1) -> Batch:
    return Batch(version, ORIGIN, "boot", 1, first_seq, records)


@given(st.lists(st.binary(max_size=200), max_size=20))
def test_a_batch_survives_the_wire(raws: list[bytes]) -> None:
    batch = a_batch(*(a_record(raw) for raw in raws))
    assert codec.unpack(codec.pack(batch), Batch) == batch


def test_an_unknown_member_of_an_answer_is_left_alone() -> None:
    plain = msgspec.to_builtins(Answer(1, 5)) | {"later": True}
    assert codec.unpack_answer(msgspec.msgpack.encode(plain)) == Answer(1, 5)


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"nonsense", "zstd"),
        (zstandard.compress(b"nonsense"), "Batch"),
        (codec.pack(a_batch(version=9)), "version 9"),
        (codec.pack(a_batch(first_seq=0)), "first_seq"),
        (codec.pack(a_batch(*[a_record()] * (MAX_RECORDS + 1))), "records"),
        (codec.pack(a_batch(a_record(bytes(codec.MAX_RECORD_BYTES + 1)))), "record of"),
        (codec.pack(a_batch(msgspec.structs.replace(a_record(), day="20261124"))), "day"),
        (codec.pack(a_batch(msgspec.structs.replace(a_record(), day="../../../x"))), "day"),
        (codec.pack(a_batch(*[a_record_of(day) for day in range(codec.MAX_DAYS + 1)])), "days"),
        (codec.pack(a_batch(msgspec.structs.replace(a_record(), zone="z" * 2000))), "names"),
        (codec.pack(a_batch(first_seq=2**64 - 1)), "first_seq"),
        (codec.pack(msgspec.structs.replace(a_batch(), sent_at_ms=-1)), "sent_at_ms"),
        (codec.pack(msgspec.structs.replace(a_batch(), boot="b" * 2000)), "boot"),
        (codec.pack(msgspec.structs.replace(a_batch(), gaps=(Gap("", -5, 5, "", 0),))), "first_seq"),
        (codec.pack(msgspec.structs.replace(a_batch(), gaps=(Gap("", 5, 4, "", 0),))), "last_seq"),
        (
            codec.pack(msgspec.structs.replace(a_batch(), gaps=(Gap("", 5, 5, "", 0),) * (MAX_GAPS + 1))),
            "gaps",
        ),
        (
            codec.pack(msgspec.structs.replace(a_batch(), gaps=(Gap("s" * 500, 5, 5, "w" * 500, 0),) * 1000)),
            "gaps of 1",
        ),
        (codec.pack(a_batch(msgspec.structs.replace(a_record(), encoding="e" * 2000))), "names"),
        (codec.pack(msgspec.structs.replace(a_batch(), spool="s" * 2000)), "spool"),
        (codec.pack(msgspec.structs.replace(a_batch(), acked_seq=-1)), "acked_seq"),
        (codec.pack(a_batch()) * 2, "trailing"),
        (codec.pack(a_batch()) + b"more", "zstd"),
        (bytes(codec.MAX_BODY_BYTES + 1), "body of"),
        (zstandard.compress(bytes(codec.MAX_PLAIN_BYTES + 1)), "decompressed"),
    ],
    ids=[
        "no zstd",
        "no msgpack",
        "version",
        "sequence",
        "records",
        "record",
        "odd day",
        "path",
        "days",
        "long name",
        "huge sequence",
        "negative time",
        "long boot",
        "negative gap",
        "backward gap",
        "gaps",
        "large gaps",
        "long encoding",
        "long spool",
        "negative acknowledgement",
        "second frame",
        "bytes behind",
        "body",
        "bomb",
    ],
)
def test_a_bad_body_is_refused_with_its_reason(body: bytes, said: str) -> None:
    with pytest.raises(WireError, match=said):
        codec.unpack(body, Batch)


@pytest.mark.parametrize(
    ("beat", "said"),
    [
        (a_beat(sent_at_ms=2**64 - 1), "sent_at_ms"),
        (a_beat(acked_seq=-1), "acked_seq"),
        (a_beat(software="s" * 2000), "texts"),
        (a_beat(spool="s" * 2000), "texts"),
        (a_beat(spool_limit_bytes=-1), "spool_limit_bytes"),
        (a_beat(shed=-1), "shed"),
        (a_beat(set_aside=2**60), "set_aside"),
        (a_beat(certificate_until_ms=-1), "certificate_until_ms"),
        (a_beat(configuration=ConfigurationState(-1, Fate.APPLIED)), "configuration's number"),
        (a_beat(configuration=ConfigurationState(1, Fate.REFUSED, why="w" * 2000)), "configuration's texts"),
        (a_beat(sources=(SourceState("s", 0),) * (MAX_SOURCES + 1)), "sources"),
        (a_beat(sources=(SourceState("s" * 1000, 0),) * 300), "decompressed"),
        (a_beat(sources=(SourceState("s", -(2**63)),)), "oldest_unacked_ms"),
    ],
    ids=[
        "huge time",
        "negative sequence",
        "long software",
        "long spool",
        "negative limit",
        "negative shed",
        "huge set aside",
        "negative validity",
        "negative revision",
        "long why",
        "sources",
        "many long names",
        "before all time",
    ],
)
def test_a_heartbeat_beyond_its_limits_is_refused_with_its_reason(beat: Beat, said: str) -> None:
    with pytest.raises(WireError, match=said):
        codec.unpack(codec.pack(beat), Beat)


@pytest.mark.parametrize(("member", "item"), [("gaps", Gap("", 1, 1, "", 0)), ("records", a_record(b""))])
def test_a_long_array_is_refused_by_its_length_before_anything_in_it_is_read(member: str, item: Any) -> None:
    plain = msgspec.to_builtins(a_batch(), builtin_types=(bytes,))
    del plain[member]
    head = msgspec.msgpack.encode(plain)
    array = b"\xdd" + (10**6).to_bytes(4, "big") + msgspec.msgpack.encode(item) + b"\xc1"
    bomb = bytes([head[0] + 1]) + head[1:] + msgspec.msgpack.encode(member) + array
    with pytest.raises(WireError, match=f"length <= .*{member}"):
        codec.unpack(zstandard.compress(bomb), Batch)


def test_a_heartbeat_at_its_limits_passes() -> None:
    beat = a_beat(next_seq=codec.MAX_NUMBER, sources=(SourceState("s" * codec.MAX_TEXT, 0),))
    assert codec.unpack(codec.pack(beat), Beat) == beat


def packed(plain: dict[str, Any]) -> bytes:
    return zstandard.compress(msgspec.msgpack.encode(plain))


def test_an_older_collectors_batch_is_read_as_not_saying_the_rest() -> None:
    batch = a_batch(a_record())
    plain = msgspec.to_builtins(batch, builtin_types=(bytes,))
    for member in ("spool", "acked_seq", "gaps"):
        del plain[member]
    del plain["records"][0]["encoding"]
    body = packed(plain)
    assert codec.unpack(body, Batch) == batch
    assert (batch.spool, batch.acked_seq, batch.records[0].encoding) == ("", 0, "")


def test_an_older_collectors_heartbeat_is_read_as_not_saying_the_rest() -> None:
    plain = msgspec.to_builtins(a_beat())
    later = ("spool", "spool_limit_bytes", "shed", "set_aside", "configuration", "certificate_until_ms")
    for member in later:
        del plain[member]
    beat = codec.unpack(packed(plain), Beat)
    assert beat == a_beat()
    assert beat.configuration is None


def test_a_newer_collectors_members_are_left_alone() -> None:
    plain = msgspec.to_builtins(a_beat()) | {"later": [1, 2]}
    assert codec.unpack(packed(plain), Beat) == a_beat()


def test_a_heartbeat_tells_what_became_of_a_configuration() -> None:
    beat = a_beat(configuration=ConfigurationState(3, Fate.ROLLED_BACK, "ab", "no gateway for ten minutes"))
    assert codec.unpack(codec.pack(beat), Beat) == beat


def test_an_answer_carries_a_configuration() -> None:
    answer = Answer(1, 5, resend_from=7, configuration=SignedRevision(1, b"[collector]", bytes(64)))
    assert codec.unpack_answer(codec.pack_answer(answer)) == answer


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (Answer(1, -5), "time_ms"),
        (Answer(1, 5, resend_from=0), "resend_from"),
        (Answer(1, 5, configuration=SignedRevision(0, b"", bytes(64))), "revision's number"),
        (Answer(1, 5, configuration=SignedRevision(1, bytes(65 << 10), bytes(64))), "revision of"),
        (Answer(1, 5, configuration=SignedRevision(1, b"", bytes(65))), "signature"),
    ],
    ids=["before all time", "number zero", "revision zero", "huge revision", "long signature"],
)
def test_an_answer_beyond_its_limits_is_refused_with_its_reason(answer: Answer, said: str) -> None:
    with pytest.raises(WireError, match=said):
        codec.unpack_answer(codec.pack_answer(answer))
