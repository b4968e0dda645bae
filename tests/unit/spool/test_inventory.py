"""A spool can be looked at from outside, whole or broken, without touching it."""

from pathlib import Path

from support.spooling import a_journal, a_record

from soc.spool.inventory import contents, verify
from soc.spool.journal import Shed


def segments(folder: Path) -> list[Path]:
    return sorted(folder.glob("0*.seg"))


def test_a_sound_spool_is_told_as_it_is_while_it_is_in_use(tmp_path: Path) -> None:
    journal = a_journal(tmp_path, segment_bytes=1)
    journal.append([a_record("a"), a_record("b")], {})
    journal.append([a_record("c")], {}, [Shed("udp", 3, "full", 1)])
    journal.acknowledge(2)
    journal.set_aside(2, "refused")
    report = verify(tmp_path)
    assert (report.spool, report.acked_seq, report.next_seq) == (journal.spool, 2, 7)
    assert (report.sound, report.refused, report.quarantined) == (True, 1, 0)
    assert [(s.first_seq, s.end_seq, s.records, s.declared, s.odd_bytes) for s in report.segments] == [
        (1, 3, 2, 0, 0),
        (3, 7, 1, 3, 0),
    ]
    assert [s.size for s in report.segments] == [path.stat().st_size for path in segments(tmp_path)]


def test_what_is_missing_is_named_by_its_numbers(tmp_path: Path) -> None:
    journal = a_journal(tmp_path, segment_bytes=1)
    for n in range(5):
        journal.append([a_record(f"{n}"), a_record(f"{n}")], {})
    journal.close()
    segments(tmp_path)[1].unlink()
    damaged = segments(tmp_path)[-1]
    damaged.write_bytes(damaged.read_bytes()[:-1])
    report = verify(tmp_path)
    assert report.missing == ((3, 4), (9, 10))
    assert not report.sound
    assert report.segments[-1].odd_bytes == damaged.stat().st_size


def test_records_come_out_with_their_numbers_delivered_ones_too(tmp_path: Path) -> None:
    journal = a_journal(tmp_path, segment_bytes=1)
    journal.append([a_record("a"), a_record("b")], {}, [Shed("udp", 2, "full", 1)])
    journal.append([a_record("c")], {})
    journal.acknowledge(5)
    assert list(contents(tmp_path)) == [(1, a_record("a")), (2, a_record("b")), (5, a_record("c"))]
    assert list(contents(tmp_path, 2)) == [(2, a_record("b")), (5, a_record("c"))]


def test_a_folder_that_is_no_spool_holds_nothing(tmp_path: Path) -> None:
    report = verify(tmp_path / "missing")
    assert (report.spool, report.next_seq, report.segments, report.sound) == ("", 1, (), True)
