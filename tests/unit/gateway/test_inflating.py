"""Compressed streams come out piece by piece, the same wherever they were cut; a cut one is known."""

import gzip
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.cuts import PLACES, cut

from soc.gateway.inflating import MAX_MEMBERS, PIECE_BYTES, Inflater
from soc.kernel.errors import WireError


@given(st.lists(st.binary(max_size=300), min_size=1, max_size=3), st.booleans(), PLACES)
def test_what_was_packed_comes_out_wherever_it_was_cut(
    members: list[bytes], gzipped: bool, places: list[int]
) -> None:
    pack = gzip.compress if gzipped else zlib.compress
    inflater = Inflater()
    stream = b"".join(map(pack, members))
    found = b"".join(piece for part in cut(stream, places) for piece in inflater.feed(part))
    inflater.end()
    assert found == b"".join(members)


def test_pieces_are_small_however_much_they_come_from() -> None:
    pieces = list(Inflater().feed(zlib.compress(bytes(1_000_000))))
    assert max(map(len, pieces)) <= PIECE_BYTES
    assert sum(map(len, pieces)) == 1_000_000


def test_nothing_at_all_is_whole() -> None:
    Inflater().end()


def test_a_cut_stream_is_known_at_its_end() -> None:
    inflater = Inflater()
    list(inflater.feed(gzip.compress(b"abc")[:-1]))
    with pytest.raises(WireError, match="too early"):
        inflater.end()


@pytest.mark.parametrize("stream", [b"plain text", gzip.compress(b"abc") + b"more", b"\x1f\x8b\x08\xff" * 9])
def test_what_is_no_stream_is_refused(stream: bytes) -> None:
    with pytest.raises(WireError, match="neither"):
        list(Inflater().feed(stream))


def test_members_without_end_are_refused() -> None:
    stream = zlib.compress(b"") * MAX_MEMBERS
    inflater = Inflater()
    assert list(inflater.feed(stream)) == []
    inflater.end()
    with pytest.raises(WireError, match="members"):
        list(inflater.feed(stream[:100]))
