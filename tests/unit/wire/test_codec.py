"""What is packed is unpacked; what breaks a limit is refused before memory is spent."""

import msgspec
import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from soc.kernel.errors import WireError
from soc.model.identity import Origin
from soc.model.record import Record
from soc.wire import codec
from soc.wire.messages import Answer, Batch

ORIGIN = Origin("so-y-te", "c1", None)


def a_record(raw: bytes = b"line") -> Record:
    return Record(source="auth", format="syslog", raw=raw, read_at_ms=1, day="2026-11-24", zone="UTC")


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
        (codec.pack(a_batch(*[a_record()] * (codec.MAX_RECORDS + 1))), "records"),
        (codec.pack(a_batch(a_record(bytes(codec.MAX_RECORD_BYTES + 1)))), "record of"),
        (codec.pack(a_batch(msgspec.structs.replace(a_record(), day="20261124"))), "day"),
        (codec.pack(a_batch(msgspec.structs.replace(a_record(), day="../../../x"))), "day"),
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
        "body",
        "bomb",
    ],
)
def test_a_bad_body_is_refused_with_its_reason(body: bytes, said: str) -> None:
    with pytest.raises(WireError, match=said):
        codec.unpack(body, Batch)
