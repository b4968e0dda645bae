"""A compressed file reads as the one it was made of."""

import gzip
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collectors.sources.packed import Packed

TEXT = b"".join(b"line %d %s\n" % (n, b"x" * (n % 97)) for n in range(5000))


@contextmanager
def opened(path: Path) -> Iterator[Packed]:
    handle = os.open(path, os.O_RDONLY)
    yield Packed(handle)
    os.close(handle)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    found = tmp_path / "app.log.1.gz"
    found.write_bytes(gzip.compress(TEXT))
    return found


def whole(packed: Packed, size: int = 64 << 10) -> bytes:
    found = bytearray()
    while data := packed.read(size, len(found)):
        found += data
    return bytes(found)


@pytest.mark.parametrize("size", [1000, 4096, 65_536, len(TEXT), 10 * len(TEXT)])
def test_reads_of_any_size_give_what_was_compressed(path: Path, size: int) -> None:
    with opened(path) as packed:
        assert whole(packed, size) == TEXT
        assert packed.complete()


def test_reads_anywhere_give_the_bytes_there(tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.mktemp("packed") / "a.gz"
    path.write_bytes(gzip.compress(TEXT))

    @given(st.lists(st.tuples(st.integers(0, 70_000), st.integers(0, len(TEXT) + 100)), max_size=6))
    def anywhere(places: list[tuple[int, int]]) -> None:
        with opened(path) as packed:
            for size, offset in places:
                assert packed.read(size, offset) == TEXT[offset : offset + size]

    anywhere()


def test_members_follow_one_another_with_or_without_padding(path: Path) -> None:
    member = gzip.compress(TEXT)
    path.write_bytes(
        member + gzip.compress(b"") + member + bytes(512) + gzip.compress(b"last\n") + bytes(100)
    )
    with opened(path) as packed:
        assert whole(packed) == TEXT + TEXT + b"last\n"
        assert packed.complete()


def test_a_member_that_ends_where_a_read_does_is_not_the_end(path: Path) -> None:
    first = os.urandom(65_536 - 40 - 20)
    member = gzip.compress(first)
    filling = gzip.compress(b"", mtime=0)
    member += bytes(65_536 - len(member) - len(filling)) + filling
    path.write_bytes(member + gzip.compress(b"behind\n"))
    with opened(path) as packed:
        assert packed.read(len(first), 0) == first
        assert packed.read(100, len(first)) == b"behind\n"


def test_a_file_cut_anywhere_gives_what_is_there_and_is_not_complete(path: Path) -> None:
    packed_bytes = gzip.compress(TEXT[:300])
    for end in range(len(packed_bytes)):
        path.write_bytes(packed_bytes[:end])
        with opened(path) as packed:
            assert TEXT.startswith(whole(packed))
            assert packed.complete() == (end == 0)


def test_a_file_that_is_still_written_is_read_on(path: Path) -> None:
    packed_bytes = gzip.compress(TEXT)
    path.write_bytes(packed_bytes[:9000])
    with opened(path) as packed:
        first = whole(packed)
        assert 0 < len(first) < len(TEXT)
        assert not packed.complete()
        with path.open("ab") as file:
            file.write(packed_bytes[9000:])
        assert first + packed.read(len(TEXT), len(first)) == TEXT
        assert packed.complete()


@pytest.mark.parametrize("data", [b"plain text\n", b"\x1f\x8bgarbage\n", gzip.compress(TEXT)[:-8] + bytes(8)])
def test_what_is_no_gzip_or_fails_its_check_is_an_error(path: Path, data: bytes) -> None:
    path.write_bytes(data)
    with opened(path) as packed, pytest.raises(OSError, match="damaged gzip file"):
        whole(packed)


def test_a_bomb_is_unpacked_no_further_than_asked(path: Path) -> None:
    path.write_bytes(gzip.compress(bytes(200 << 20), 9))
    with opened(path) as packed:
        for number in range(10):
            assert len(packed.read(65_536, number * 65_536)) == 65_536
        assert packed._offset == 10 * 65_536


def test_a_seal_is_of_the_content_not_of_the_name(path: Path) -> None:
    other = path.with_name("other.gz")
    other.write_bytes(path.read_bytes())
    with opened(path) as packed, opened(other) as copy:
        assert packed.seal() == copy.seal() != ""
        other.write_bytes(gzip.compress(TEXT + b"more\n"))
        assert packed.seal() != copy.seal()
