import msgspec
import pytest

from soc.kernel.errors import Corrupt
from soc.ledger.snapshot import FoldState, Snapshot, decode, encode

SNAPSHOT = Snapshot(1, "ledger", b"chain", {"tally": FoldState(2, b"state")})


def test_a_snapshot_comes_back_as_it_was() -> None:
    assert decode(encode(SNAPSHOT)) == SNAPSHOT


@pytest.mark.parametrize("place", range(len(encode(SNAPSHOT))))
def test_any_flipped_byte_is_found(place: int) -> None:
    data = bytearray(encode(SNAPSHOT))
    data[place] ^= 1
    with pytest.raises(Corrupt, match="fails its check"):
        decode(bytes(data))


@pytest.mark.parametrize("length", [0, 3, 16, 20])
def test_a_cut_one_is_found(length: int) -> None:
    with pytest.raises(Corrupt):
        decode(encode(SNAPSHOT)[:length])


def test_another_version_is_refused_by_name() -> None:
    with pytest.raises(Corrupt, match="version 2; known here: 1"):
        decode(encode(msgspec.structs.replace(SNAPSHOT, version=2)))
