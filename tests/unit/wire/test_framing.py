"""Framing gives the same pieces wherever the reads end."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from soc.wire.framing import Framer, Piece

LIMIT = 12
stream = st.lists(
    st.sampled_from(
        [
            b"\n",
            b"\r\n",
            b"\0",
            b"a",
            b"<13>x",
            b"5 <1>ab",
            b"40 <1>" + b"y" * 37,
            b"z" * 30,
            b"7",
            b"12 ",
            b"0 <",
        ]
    ),
    max_size=14,
).map(b"".join)
cuts = st.lists(st.integers(0, 300), max_size=12)


def pieces(data: bytes, ends: list[int], *, counted: bool, limit: int = LIMIT) -> list[Piece]:
    framer = Framer(limit, counted=counted)
    found: list[Piece] = []
    begin = 0
    for end in [*sorted(min(end, len(data)) for end in ends), len(data)]:
        found += framer.feed(data[begin:end])
        begin = end
    return found + framer.rest()


def raws(data: bytes, *, counted: bool = False, limit: int = LIMIT) -> list[tuple[bytes, bool]]:
    return [(piece.raw, piece.split) for piece in pieces(data, [], counted=counted, limit=limit)]


@given(stream, cuts, st.booleans())
def test_any_cut_of_the_stream_gives_the_same_pieces(data: bytes, ends: list[int], counted: bool) -> None:
    assert pieces(data, ends, counted=counted) == pieces(data, list(range(300)), counted=counted)


@given(stream)
def test_lines_are_those_that_splitting_by_hand_gives(data: bytes) -> None:
    framer = Framer(1000)
    found = [(piece.raw, piece.start) for piece in framer.feed(data)]
    expected, at = [], 0
    for line in data.split(b"\n")[:-1]:
        text = line.removesuffix(b"\r")
        expected += [(text, at)] if text.strip(b"\0") else []
        at += len(line) + 1
    assert found == expected
    assert framer.delivered == at


@given(stream, st.booleans())
def test_no_byte_but_line_ends_counts_and_nuls_is_lost(data: bytes, counted: bool) -> None:
    found = pieces(data, [], counted=counted)
    covered = [(piece.start, piece.end) for piece in found]
    assert all(first[1] <= second[0] for first, second in pairwise(covered))
    outside = bytearray(data)
    for start, end in reversed(covered):
        del outside[start:end]
    assert not bytes(outside).strip(b"\r\n\0 0123456789")


@given(stream)
def test_a_stream_is_taken_up_again_in_the_middle_of_a_long_line(data: bytes) -> None:
    whole = Framer(LIMIT)
    expected = whole.feed(data)
    for piece in expected:
        first = Framer(LIMIT)
        first.feed(data[: piece.end])
        second = Framer(LIMIT, start=first.delivered, inside=first.inside)
        found = second.feed(data[first.delivered :])
        assert found == [later for later in expected if later.start >= first.delivered]


def test_a_line_longer_than_the_limit_comes_in_flagged_parts() -> None:
    assert raws(b"a" * 30 + b"\nnext\n") == [
        (b"a" * 12, True),
        (b"a" * 12, True),
        (b"a" * 6, True),
        (b"next", False),
    ]


def test_a_line_that_is_a_byte_order_mark_alone_is_passed_over() -> None:
    assert raws(b"\xef\xbb\xbf\r\na\n\xff\xfe\nb\xff\xfe\n") == [(b"a", False), (b"b\xff\xfe", False)]


def test_a_line_of_exactly_the_limit_is_whole() -> None:
    assert raws(b"a" * 12 + b"\n" + b"b" * 13 + b"\n") == [
        (b"a" * 12, False),
        (b"b" * 12, True),
        (b"b", True),
    ]


def test_counted_messages_may_hold_line_ends_and_mix_with_lines() -> None:
    data = b"7 <1>a\nbc<2>line\n5 <3>xy\n"
    assert raws(data, counted=True) == [(b"<1>a\nbc", False), (b"<2>line", False), (b"<3>xy", False)]


def test_a_line_that_begins_with_a_number_is_no_count() -> None:
    assert raws(b"2026 was\n12 <unfinished", counted=True, limit=100) == [
        (b"2026 was", False),
        (b"<unfinished", True),
    ]


def test_a_counted_message_beyond_the_limit_comes_in_parts() -> None:
    assert raws(b"20 <1>" + b"a" * 17 + b"<2>b\n", counted=True) == [
        (b"<1>" + b"a" * 9, True),
        (b"a" * 8, True),
        (b"<2>b", False),
    ]


def test_an_absurd_count_is_taken_as_text() -> None:
    assert raws(b"99999999 <1>\n", counted=True, limit=100) == [(b"99999999 <1>", False)]


def test_memory_is_bounded_by_the_limit() -> None:
    framer = Framer(LIMIT)
    for _ in range(1000):
        framer.feed(b"x" * 7)
        assert framer.fed - framer.delivered <= LIMIT
