"""Lines become events where an expression says that one begins."""

import re

from collectors.encoding import LITTLE
from collectors.joining import MAX_LINES, Joiner
from soc.wire.framing import Framer, Piece

DATE = re.compile(rb"^\d{4}-")


def lines(text: str, *, limit: int = 1000) -> list[Piece]:
    return Framer(limit).feed(text.encode())


def told(pieces: list[Piece]) -> list[tuple[str, bool]]:
    return [(piece.raw.decode(), piece.split) for piece in pieces]


def joined(text: str, *, limit: int = 1000) -> list[tuple[str, bool]]:
    joiner = Joiner(DATE, limit)
    return told(joiner.feed(lines(text, limit=limit)) + joiner.flush())


def test_an_event_lasts_until_the_next_begins() -> None:
    text = "2026-01-01 one\n at a\n at b\n2026-01-02 two\n2026-01-03 three\n at c\n"
    assert joined(text) == [
        ("2026-01-01 one\n at a\n at b", False),
        ("2026-01-02 two", False),
        ("2026-01-03 three\n at c", False),
    ]


def test_an_event_begins_where_its_first_line_does_and_ends_behind_its_last() -> None:
    joiner = Joiner(DATE, 1000)
    events = joiner.feed(lines("2026- one\r\n\r\n at\r\n2026- two\n"))
    assert [(event.raw, event.start, event.end) for event in events] == [(b"2026- one\n at", 0, 18)]
    assert joiner.first is not None
    assert joiner.first.start == 18


def test_what_does_not_begin_as_an_event_is_a_part() -> None:
    assert joined(" at a\n at b\n2026- one\n") == [(" at a\n at b", True), ("2026- one", False)]


def test_what_comes_after_an_event_was_taken_as_whole_is_a_part() -> None:
    joiner = Joiner(DATE, 1000)
    joiner.feed(lines("2026- one\n"))
    assert told(joiner.flush()) == [("2026- one", False)]
    assert joiner.flush() == []
    joiner.feed(lines(" at a\n"))
    assert told(joiner.flush()) == [(" at a", True)]


def test_too_many_lines_come_in_flagged_parts() -> None:
    found = joined("2026- one\n" + " at\n" * MAX_LINES + "2026- two\n", limit=10_000)
    assert [(text.count("\n") + 1, split) for text, split in found] == [
        (MAX_LINES, True),
        (1, True),
        (1, False),
    ]


def test_an_event_beyond_the_limit_comes_in_flagged_parts_within_it() -> None:
    found = joined("2026- one\n" + " at\n" * 10 + "2026- two\n", limit=20)
    assert [len(text) for text, _ in found] == [17, 19, 11, 9]
    assert [split for _, split in found] == [True, True, True, False]


def test_a_line_beyond_the_limit_is_no_beginning_in_its_middle() -> None:
    found = joined("2026-" + "2026-" * 5 + "\n at\n2026- two\n", limit=20)
    assert found == [("2026-" * 4, True), ("2026-" * 2 + "\n at", True), ("2026- two", False)]


def test_lines_of_utf16_are_searched_as_text_and_joined_as_they_are() -> None:
    framer = Framer(1000, line_end=b"\n\0")
    joiner = Joiner(re.compile("^Lỗi".encode()), framer.limit, LITTLE)
    pieces = framer.feed("Lỗi một\n ở a\r\nLỗi hai\n".encode("utf-16"))
    events = joiner.feed(pieces) + joiner.flush()
    assert [event.raw.decode("utf-16-le") for event in events] == ["\ufeffLỗi một\n ở a", "Lỗi hai"]


def test_only_the_beginning_of_a_line_is_searched() -> None:
    joiner = Joiner(re.compile(b"here"), 10_000)
    joiner.feed(lines("x" * 1100 + "here\n" + "y here\n", limit=10_000))
    assert [len(event.raw) for event in joiner.flush()] == [6]
