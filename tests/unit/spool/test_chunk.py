"""A chunk has no holes inside; what is missing is named beside it."""

from support.spooling import a_record, texts

from soc.spool.chunk import LOST, Filling, Limits
from soc.spool.payload import Kept
from soc.wire.messages import Gap


def kept(*words: str, boot: str = "boot", gaps: tuple[Gap, ...] = ()) -> Kept:
    records = tuple(a_record(word) for word in words)
    return Kept(version=1, boot=boot, records=records, gaps=gaps, states={}, complete=False)


def test_a_hole_before_the_first_record_is_declared_and_passed() -> None:
    filling = Filling(3, Limits(), 77)
    assert filling.take(5, kept("a"))
    chunk = filling.chunk()
    assert (chunk.gaps, chunk.first_seq, chunk.end_seq) == ((Gap("", 3, 4, LOST, 77),), 5, 6)


def test_a_hole_behind_records_ends_the_chunk() -> None:
    filling = Filling(1, Limits(), 77)
    assert filling.take(1, kept("a"))
    assert not filling.take(3, kept("c"))
    assert (texts(filling.chunk()), filling.chunk().gaps, filling.chunk().end_seq) == (["a"], (), 2)


def test_a_frame_that_comes_twice_counts_once() -> None:
    filling = Filling(1, Limits(), 77)
    assert filling.take(1, kept("a", "b"))
    assert filling.take(1, kept("a", "b"))
    assert filling.take(3, kept("c"))
    assert texts(filling.chunk()) == ["a", "b", "c"]


def test_what_was_shed_behind_the_last_record_goes_with_it() -> None:
    shed = Gap("udp", 2, 9, "why", 0)
    filling = Filling(1, Limits(), 77)
    assert not filling.take(1, kept("a", gaps=(shed,)))
    assert (filling.chunk().gaps, filling.chunk().end_seq) == ((shed,), 10)


def test_only_shed_numbers_still_are_something_to_deliver() -> None:
    filling = Filling(1, Limits(), 77)
    assert filling.take(1, kept(gaps=(Gap("udp", 1, 4, "why", 0),)))
    assert filling.take(5, kept("e"))
    chunk = filling.chunk()
    assert bool(chunk)
    assert (chunk.first_seq, texts(chunk), chunk.end_seq) == (5, ["e"], 6)


def test_a_chunk_has_no_more_gaps_than_a_batch_may_have() -> None:
    filling = Filling(1, Limits(gaps=2), 77)
    gaps = tuple(Gap("udp", n, n, "why", 0) for n in range(1, 6))
    assert filling.take(1, kept(gaps=gaps[:1]))
    assert not filling.take(2, kept(gaps=gaps[1:]))
    assert (filling.chunk().gaps, filling.chunk().end_seq) == (gaps[:2], 3)


def test_a_refused_number_is_a_gap_before_records_and_ends_a_chunk_behind_them() -> None:
    refused = {n: Gap("file", n, n, "refused", 0) for n in (1, 3)}
    filling = Filling(1, Limits(), 77, refused)
    assert not filling.take(1, kept("a", "b", "c", "d"))
    chunk = filling.chunk()
    assert (chunk.gaps, chunk.first_seq, texts(chunk), chunk.end_seq) == (
        (refused[1], refused[3]),
        2,
        ["b"],
        4,
    )
