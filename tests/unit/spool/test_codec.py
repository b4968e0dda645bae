"""A frame is whole or it is nothing."""

import pytest

from soc.spool.codec import Frame, encode_frame, scan

ONE, TWO = encode_frame(1, 2, b"payload one"), encode_frame(3, 1, b"two")


def test_frames_are_read_back_with_their_places() -> None:
    found = scan(ONE + TWO)
    assert found.frames == ((0, Frame(1, 2, b"payload one")), (len(ONE), Frame(3, 1, b"two")))
    assert (found.end, found.damage) == (len(ONE + TWO), None)


def test_a_scan_may_begin_behind_the_first_frame() -> None:
    assert [offset for offset, _ in scan(ONE + TWO, len(ONE)).frames] == [len(ONE)]


@pytest.mark.parametrize("cut", range(len(TWO)))
def test_a_frame_cut_at_any_byte_is_not_there(cut: int) -> None:
    found = scan(ONE + TWO[:cut])
    assert (len(found.frames), found.end) == (1, len(ONE))
    assert (found.damage is None) == (cut == 0)


@pytest.mark.parametrize("position", [p for p in range(len(ONE)) if not 5 <= p < 8])
def test_a_flipped_bit_anywhere_is_noticed(position: int) -> None:
    damaged = bytearray(ONE + TWO)
    damaged[position] ^= 0x10
    assert scan(bytes(damaged)).end == 0


def test_a_tail_of_zeros_is_no_frame() -> None:
    found = scan(ONE + bytes(4096))
    assert found.end == len(ONE)
    assert found.damage == f"no frame at byte {len(ONE)}"


def test_a_payload_beyond_the_limit_is_refused() -> None:
    with pytest.raises(ValueError, match="accepted"):
        encode_frame(1, 1, bytes((64 << 20) + 1))
