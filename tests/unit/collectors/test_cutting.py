"""Any cut of a file of any encoding, in lines or in events, gives the same pieces, from any point of it."""

from hypothesis import given
from hypothesis import strategies as st

from collectors.cutting import Cutter, Manner
from collectors.encoding import BIG, LINE_ENDS, LITTLE
from soc.wire.framing import Piece

MANNERS = [Manner(limit=24), Manner(limit=25, begins="^[EĐ]"), Manner(limit=1000, begins="^[EĐ]")]
words = st.sampled_from(["\n", "\r\n", "E", "Đ", " at", "\u0a0a", "\u0a00", "\u0d0a", "\0", "x" * 30, "😀"])
text = st.lists(words, max_size=20).map("".join)
encodings = st.sampled_from(["", "utf-16-le", "utf-16-be"])
manners = st.sampled_from(MANNERS)
cuts = st.lists(st.integers(0, 200), max_size=12)


def fed(cutter: Cutter, data: bytes, ends: list[int]) -> list[Piece]:
    found: list[Piece] = []
    begin = 0
    for end in [*sorted(min(end, len(data)) for end in ends), len(data)]:
        found += cutter.feed(data[begin:end])
        begin = end
    return found


def encoded(text: str, encoding: str) -> bytes:
    return text.encode(encoding or "utf-8")


@given(text, encodings, manners, cuts)
def test_any_cut_gives_the_same_pieces(text: str, encoding: str, manner: Manner, ends: list[int]) -> None:
    data = encoded(text, encoding)
    whole, cut = Cutter(manner, encoding), Cutter(manner, encoding)
    assert fed(cut, data, ends) == fed(whole, data, [])
    assert (cut.delivered, cut.inside, cut.waits) == (whole.delivered, whole.inside, whole.waits)
    assert cut.rest() == whole.rest()


@given(text, encodings, manners)
def test_what_is_taken_up_where_it_was_delivered_gives_the_same_pieces(
    text: str, encoding: str, manner: Manner
) -> None:
    data = encoded(text, encoding)
    whole = Cutter(manner, encoding)
    expected = whole.feed(data) + whole.rest()
    for end in range(len(data) + 1):
        first = Cutter(manner, encoding)
        found = first.feed(data[:end])
        second = Cutter(manner, encoding, start=first.delivered, inside=first.inside)
        assert found + second.feed(data[first.delivered :]) + second.rest() == expected


@given(text, encodings, manners)
def test_nothing_is_longer_than_the_limit_and_nothing_overlaps(
    text: str, encoding: str, manner: Manner
) -> None:
    data = encoded(text, encoding)
    cutter = Cutter(manner, encoding)
    at = 0
    for piece in cutter.feed(data) + cutter.rest():
        assert len(piece.raw) <= manner.limit
        assert at <= piece.start < piece.end
        assert piece.start % len(LINE_ENDS[encoding]) == 0
        at = piece.end
        assert piece.raw in data or manner.begins
    assert at <= cutter.fed == len(data)


@given(text, st.sampled_from([LITTLE, BIG]))
def test_lines_of_utf16_are_those_of_its_text(text: str, encoding: str) -> None:
    cutter = Cutter(Manner(), encoding)
    pieces = cutter.feed(encoded(text, encoding) + LINE_ENDS[encoding])
    expected = [line.removesuffix("\r") for line in text.split("\n")]
    assert [piece.raw.decode(encoding) for piece in pieces] == [line for line in expected if line.strip("\0")]
