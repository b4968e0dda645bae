"""A piece falls into halves that hold together what it held."""

from support.spooling import a_record

from collectors.piece import Piece, declared, halves
from collectors.window import Span, Window
from soc.spool.chunk import Chunk
from soc.wire.messages import Gap

BEFORE, BEHIND = Gap("", 1, 2, "lost", 5), Gap("net", 6, 9, "the spool is full", 5)


def a_piece(window: Window, texts: str) -> Piece:
    end = 3 + len(texts)
    span = Span(1, 10)
    window.sent(span)
    gaps = (BEFORE, Gap("net", end, 9, "the spool is full", 5))
    return Piece(Chunk(3, "boot", tuple(a_record(text) for text in texts), gaps, 10), span)


def test_halves_share_out_records_gaps_and_numbers() -> None:
    window = Window(1)
    left, right = halves(a_piece(window, "abc"), window)
    assert [record.raw for record in left.chunk.records] == [b"a"]
    assert [record.raw for record in right.chunk.records] == [b"b", b"c"]
    assert (left.chunk.first_seq, left.chunk.end_seq, left.span) == (3, 4, Span(1, 4))
    assert (right.chunk.first_seq, right.chunk.end_seq, right.span) == (4, 10, Span(4, 10))
    assert (left.chunk.gaps, right.chunk.gaps) == ((BEFORE,), (BEHIND,))
    window.done(left.span)
    window.done(right.span)
    assert window.acked == 10


def test_a_gap_takes_the_place_of_the_one_record_among_others() -> None:
    piece = a_piece(Window(1), "a")
    gap = Gap("file", 3, 3, "refused", 5)
    chunk = declared(piece, gap).chunk
    assert (chunk.records, [item.first_seq for item in chunk.gaps]) == ((), [1, 3, 4])
    assert (chunk.first_seq, chunk.end_seq) == (10, 10)
