"""What was let go is written down even where nothing else fits."""

from pathlib import Path

import pytest
from support.disks import SmallDisk, small_disk
from support.spooling import ALL, a_journal, a_record, everything, until_full

from soc.spool.growth import SpoolFull
from soc.spool.journal import Journal, Shed
from soc.wire.messages import Gap

KIB = 1024


def shed(count: int, at_ms: int = 5) -> Shed:
    return Shed("udp", count, "the spool is full", at_ms)


def full(folder: Path) -> Journal:
    """Return a journal that is at its limit."""
    journal = a_journal(folder, limit_bytes=64 * KIB, reserve_bytes=16 * KIB, segment_bytes=4 * KIB)
    until_full(lambda: journal.append([a_record(f"{journal.next_seq} " + "x" * 90)], {"file": b"1"}))
    return journal


def test_a_full_spool_writes_into_its_reserve_what_was_let_go(tmp_path: Path) -> None:
    journal = full(tmp_path)
    seq = journal.next_seq
    assert journal.reserve_shed([shed(7)]) == seq
    assert journal.next_seq == seq + 7
    assert journal.shed_records == 7
    chunk = journal.peek(seq, ALL)
    assert chunk.gaps == (Gap("udp", seq, seq + 6, "the spool is full", 5),)
    with pytest.raises(SpoolFull):
        journal.append([a_record("not even now" + "x" * 100)], {})


def test_what_is_in_the_reserve_outlives_a_restart(tmp_path: Path) -> None:
    journal = full(tmp_path)
    seq = journal.next_seq
    for n in range(20):
        journal.reserve_shed([shed(1, n)])
    journal.close()
    journal = a_journal(tmp_path, limit_bytes=64 * KIB)
    assert journal.next_seq == seq + 20
    assert len(journal.peek(seq, ALL).gaps) == 20
    assert journal.states() == {"file": b"1"}


def test_a_reserve_that_is_used_up_refuses(tmp_path: Path) -> None:
    journal = full(tmp_path)
    assert until_full(lambda: journal.reserve_shed([shed(1)])) > 50
    assert journal.used_bytes <= 64 * KIB


def test_the_reserve_comes_back_with_room_and_is_found_by_the_next_start(tmp_path: Path) -> None:
    journal = full(tmp_path)
    journal.reserve_shed([shed(1)])
    assert not (tmp_path / "reserve").exists()
    journal.acknowledge(journal.next_seq)
    journal.trim(0)
    journal.append([a_record("room" * 3000)], {})
    journal.acknowledge(journal.next_seq)
    assert (tmp_path / "reserve").stat().st_size == 16 * KIB
    journal.close()
    full_again = a_journal(tmp_path, limit_bytes=20 * KIB, reserve_bytes=16 * KIB)
    seq = full_again.next_seq
    with pytest.raises(SpoolFull):
        full_again.append([a_record("".join(f"{n * n}" for n in range(20_000)))], {})
    assert full_again.reserve_shed([shed(1)]) == seq


def test_room_that_is_there_is_taken_before_the_reserve(tmp_path: Path) -> None:
    journal = a_journal(tmp_path, reserve_bytes=16 * KIB)
    journal.reserve_shed([shed(3)])
    assert (tmp_path / "reserve").exists()


def a_full_disk(disk: SmallDisk) -> Journal:
    journal = a_journal(
        disk.folder,
        free_bytes=disk.free_bytes,
        floor_bytes=0,
        reserve_bytes=64 * KIB,
        open_segment=disk.open_segment,
    )
    journal.append([a_record("first")], {"file": b"1"})
    disk.fill()
    return journal


def test_on_a_disk_without_one_free_byte_the_reserve_still_takes_what_was_let_go(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", 512 * KIB) as disk:
        journal = a_full_disk(disk)
        assert disk.free_bytes() == 0
        with pytest.raises(SpoolFull):
            journal.append([a_record("x" * 20_000)], {"file": b"2"})
        assert journal.reserve_shed([shed(9)]) == 2
        journal.close()
        again = a_journal(disk.folder, free_bytes=disk.free_bytes, floor_bytes=0)
        assert (again.next_seq, again.states()) == (11, {"file": b"1"})
        again.close()


def test_a_disk_full_to_the_last_byte_is_drained_and_goes_on(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", 512 * KIB) as disk:
        journal = a_journal(
            disk.folder,
            free_bytes=lambda: 1 << 40,  # nobody says how little there is
            segment_bytes=64 * KIB,
            open_segment=disk.open_segment,
        )
        kept: list[tuple[int, str]] = []

        def append() -> None:
            text = "".join(f"{n * n * journal.next_seq}" for n in range(300))
            kept.append((journal.append([a_record(text)], {}), text))

        assert until_full(append) > 100
        assert everything(journal) == kept
        half = kept[len(kept) // 2][0]
        journal.acknowledge(half)
        assert journal.trouble == ""
        for _ in range(20):
            append()
        journal.close()
        journal = a_journal(disk.folder)
        assert everything(journal) == [item for item in kept if item[0] >= half]
        journal.close()


def test_a_full_spool_of_one_delivered_segment_begins_anew(tmp_path: Path) -> None:
    journal = a_journal(tmp_path, limit_bytes=64 * KIB, reserve_bytes=16 * KIB)
    until_full(lambda: journal.append([a_record(f"{journal.next_seq} " + "x" * 90)], {"file": b"1"}))
    seq = journal.next_seq
    journal.acknowledge(seq - 1)
    with pytest.raises(SpoolFull):
        journal.append([a_record("one is not delivered yet" + "x" * 100)], {})
    journal.acknowledge(seq)
    assert journal.append([a_record("after")], {"other": b"2"}) == seq
    assert [text for _, text in everything(journal)] == ["after"]
    journal.close()
    journal = a_journal(tmp_path, limit_bytes=64 * KIB)
    assert journal.states() == {"file": b"1", "other": b"2"}
    assert (journal.acked_seq, journal.next_seq) == (seq, seq + 1)
