"""A spool keeps its id as long as its numbers go on."""

from pathlib import Path

import pytest
from support.spooling import a_journal, a_record

from soc.spool.identity import IDENTITY, read_identity


def test_the_id_is_kept_over_restarts_and_is_random(tmp_path: Path) -> None:
    one = a_journal(tmp_path / "one")
    one.append([a_record("a")], {})
    one.close()
    again = a_journal(tmp_path / "one")
    assert len(one.spool) == 32
    assert again.spool == one.spool == read_identity(tmp_path / "one")
    assert a_journal(tmp_path / "two").spool != one.spool


def test_numbers_that_begin_anew_have_a_new_id(tmp_path: Path) -> None:
    journal = a_journal(tmp_path)
    journal.append([a_record("a")], {})
    journal.close()
    for path in [*tmp_path.glob("*.seg"), tmp_path / "acknowledged"]:
        path.unlink()
    fresh = a_journal(tmp_path)
    assert fresh.next_seq == 1
    assert fresh.spool != journal.spool


@pytest.mark.parametrize("content", [b"", b"abc\n", b"\xff" * 33, b"0" * 32])
def test_an_id_that_cannot_be_read_is_replaced(tmp_path: Path, content: bytes) -> None:
    journal = a_journal(tmp_path)
    journal.append([a_record("a")], {})
    journal.close()
    (tmp_path / IDENTITY).write_bytes(content)
    assert read_identity(tmp_path) == ""
    again = a_journal(tmp_path)
    assert len(again.spool) == 32
    assert again.next_seq == 2
