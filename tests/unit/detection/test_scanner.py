"""Hyperscan: databases that are compiled once, and entries that it refuses."""

import hyperscan
import pytest

from soc.detection.scanner import Databases, Entry, Scanner

GOOD = [Entry(b"ab"), Entry(b"B", hyperscan.HS_FLAG_CASELESS)]
REFUSED = Entry(rb"(a)\1")
LONG = b"y" * 40_000


def found(scanner: Scanner, data: bytes) -> list[int]:
    return sorted(scanner.scan(data))


def test_each_entry_is_found_once_wherever_it_stands() -> None:
    scanner = Scanner([*GOOD, Entry(b"c+d"), Entry(b"^a")], Databases(), literal=False)
    assert found(scanner, b"xabab") == [0, 1]
    assert found(scanner, b"accd") == [2, 3]
    assert found(scanner, b"") == []


def test_literals_are_taken_as_they_are() -> None:
    scanner = Scanner([Entry(b"a.b"), Entry(b"\xff"), Entry(b"(*")], Databases(), literal=True)
    assert found(scanner, b"axb") == []
    assert found(scanner, b"(* a.b\xff\0") == [0, 1, 2]


def test_what_holds_nul_is_refused_and_not_cut_short() -> None:
    scanner = Scanner([Entry(b"a\0b"), Entry(b"c"), Entry(b"\0")], Databases(), literal=True)
    assert scanner.refused == [0, 2]
    assert found(scanner, b"ac") == [1]


def test_nothing_to_find_finds_nothing() -> None:
    assert found(Scanner([], Databases(), literal=True), b"a") == []


def test_what_is_refused_is_named_and_the_rest_is_found() -> None:
    scanner = Scanner([Entry(b"a"), REFUSED, Entry(b"b"), REFUSED, Entry(b"c")], Databases(), literal=False)
    assert scanner.refused == [1, 3]
    assert found(scanner, b"abc") == [0, 2, 4]
    assert found(scanner, b"c") == [4]


def test_a_literal_too_long_for_hyperscan_is_refused_alone() -> None:
    scanner = Scanner([Entry(b"z"), Entry(LONG)], Databases(), literal=True)
    assert scanner.refused == [1]
    assert found(scanner, LONG + b"z") == [0]


def test_a_known_database_is_not_compiled_again() -> None:
    made = _made(GOOD)
    known = Databases({key: _made([Entry(b"other")], literal=True)[other] for key, other in _pairs(made)})
    assert found(Scanner(GOOD, known, literal=True), b"ab") == []
    assert found(Scanner(GOOD, known, literal=True), b"other") == [0]
    assert known.made.keys() == made.keys()


def _made(entries: list[Entry], *, literal: bool = True) -> dict[bytes, bytes]:
    databases = Databases()
    Scanner(entries, databases, literal=literal)
    return databases.made


def _pairs(made: dict[bytes, bytes]) -> list[tuple[bytes, bytes]]:
    """Each key beside the key of the other database."""
    return list(zip(made, _made([Entry(b"other")]), strict=True))


def test_what_is_known_and_not_used_is_not_kept() -> None:
    databases = Databases({b"stale": b"x"})
    assert databases.get(GOOD, literal=True) is not None
    assert b"stale" not in databases.made
    assert len(databases.made) == 1


def test_what_was_refused_is_remembered_as_refused() -> None:
    made = _made([REFUSED], literal=False)
    assert list(made.values()) == [b""]
    # Were it compiled again it would be found: the entry behind this key is a good one.
    (key,) = _made(GOOD[:1])
    refusing = Databases({key: b""})
    assert refusing.get(GOOD[:1], literal=True) is None
    assert Scanner(GOOD[:1], refusing, literal=True).refused == [0]
    assert refusing.made == {key: b""}


@pytest.mark.parametrize(
    "other",
    [
        ([Entry(b"ab"), Entry(b"B")], True),
        ([Entry(b"ab", hyperscan.HS_FLAG_CASELESS), Entry(b"B")], True),
        (GOOD[::-1], True),
        (GOOD[:1], True),
        (GOOD, False),
        ([Entry(b"a"), Entry(b"bB", hyperscan.HS_FLAG_CASELESS)], True),
    ],
)
def test_different_databases_have_different_keys(other: tuple[list[Entry], bool]) -> None:
    entries, literal = other
    assert _made(GOOD).keys().isdisjoint(_made(entries, literal=literal))


def test_what_was_noted_about_something_is_recalled_by_a_later_engine() -> None:
    databases = Databases()
    assert databases.recall(b"a") is None
    databases.note(b"a", b"")
    assert databases.recall(b"a") == b""
    later = Databases(databases.made)
    assert (later.recall(b"a"), later.recall(b"b")) == (b"", None)
    assert later.made == databases.made
