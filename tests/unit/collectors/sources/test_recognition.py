"""What was read before is known again, by as little reading as it takes."""

import gzip
import os
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from collectors.sources.content import Plain
from collectors.sources.packed import Packed
from collectors.sources.position import Position, head_mark, tail_mark
from collectors.sources.recognition import REMEMBERED, Remembered

TEXT = b"".join(b"line %d\n" % number for number in range(5000))
ELSEWHERE = (0, 0)


@pytest.fixture
def plain(tmp_path: Path) -> Iterator[Plain]:
    (tmp_path / "a").write_bytes(TEXT)
    content = Plain(os.open(tmp_path / "a", os.O_RDONLY))
    yield content
    os.close(content.handle)


@pytest.fixture
def packed(tmp_path: Path) -> Iterator[Packed]:
    (tmp_path / "a.gz").write_bytes(gzip.compress(TEXT))
    content = Packed(os.open(tmp_path / "a.gz", os.O_RDONLY))
    yield content
    os.close(content.handle)


def read_up_to(offset: int, *, inode: int = 7) -> Position:
    marks = head_mark(TEXT, offset), tail_mark(TEXT[:offset], offset)
    return Position(b"/log/a", 1, inode, offset, False, *marks)


def remembered(*positions: Position) -> Remembered:
    found = Remembered()
    for number, position in enumerate(positions):
        found.add(f"s/{number}", position)
    return found


def test_a_file_is_known_once_by_what_was_read_of_it(plain: Plain) -> None:
    vanished = remembered(read_up_to(2000))
    known = vanished.take(plain, ELSEWHERE)
    assert known == ("s/0", read_up_to(2000))
    assert vanished.take(plain, ELSEWHERE) is None


def test_of_several_that_fit_the_one_at_its_place_is_taken_else_the_furthest(plain: Plain) -> None:
    vanished = remembered(read_up_to(500), read_up_to(3000), read_up_to(1500, inode=8))
    taken = [vanished.take(plain, (1, 8)) for _ in range(3)]
    assert [known and known.key for known in taken] == ["s/2", "s/1", "s/0"]


def test_a_file_that_says_something_else_or_less_is_not_known(plain: Plain) -> None:
    other = msgspec.structs.replace(read_up_to(2000), tail=tail_mark(TEXT[:1999], 2000))
    nothing = read_up_to(0)
    assert remembered(other, nothing).take(plain, (1, 7)) is None
    longer = TEXT + b"more\n"
    marks = head_mark(longer, len(longer)), tail_mark(longer, len(longer))
    beyond = msgspec.structs.replace(read_up_to(2000), offset=len(longer), head=marks[0], tail=marks[1])
    assert remembered(beyond).take(plain, (1, 7)) is None


def test_a_sealed_file_is_known_without_unpacking_it(packed: Packed) -> None:
    sealed = msgspec.structs.replace(read_up_to(len(TEXT)), seal=packed.seal())
    known = remembered(read_up_to(500), sealed).take(packed, ELSEWHERE)
    assert known == ("s/1", sealed)
    assert packed._offset == 0


def test_the_longest_gone_are_forgotten_beyond_the_limit() -> None:
    vanished = remembered(*[read_up_to(number) for number in range(REMEMBERED + 2)])
    assert vanished.forget() == ["s/0", "s/1"]
    assert len(vanished.positions) == REMEMBERED
    assert vanished.forget() == []
