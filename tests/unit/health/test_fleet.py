"""The fleet's accounts: nothing missing is ever overlooked, nothing repeated is counted twice."""

import msgspec
import pytest
from support.accounts import balanced

from soc.health.days import Counts
from soc.health.fleet import (
    ASK_AGAIN_MS,
    DOOR_SILENT_AFTER_MS,
    EXPIRING_BEFORE_MS,
    GAP_STANDS_MS,
    LAGGING_AFTER_MS,
    SILENT_AFTER_MS,
    Condition,
    Fleet,
    Row,
)
from soc.kernel.errors import Corrupt
from soc.model.heartbeat import Heartbeat, SourceState
from soc.model.identity import Origin
from soc.wire.codec import MAX_NUMBER
from soc.wire.feed import Receipt
from soc.wire.messages import Gap

ORIGIN = Origin("so-y-te", "c1")
NOW = 1_000_000_000
DAY_MS = 86_400_000


def a_receipt(first: int, last: int, *, gaps: tuple[Gap, ...] = (), at: int = NOW) -> Receipt:
    return Receipt(
        origin=ORIGIN,
        boot="b",
        first_seq=first,
        last_seq=last,
        stored=last - first + 1,
        reread=0,
        known=0,
        quarantined=0,
        gaps=gaps,
        received_at_ms=at,
        clock_offset_ms=7,
        spool="s",
        acked_seq=1,
    )


def a_beat(
    *, held_ms: int = 0, at: int = NOW, acked_seq: int = 1, boot: str = "b", until_ms: int = 0
) -> Heartbeat:
    return Heartbeat(
        origin=ORIGIN,
        boot=boot,
        sent_at_ms=at,
        received_at_ms=at,
        next_seq=1,
        acked_seq=acked_seq,
        sources=(SourceState("auth", at - held_ms),),
        spool_bytes=5,
        software="0.1",
        spool="s",
        certificate_until_ms=until_ms,
    )


def told(*messages: Receipt | Heartbeat, whole: bool = True) -> Fleet:
    fleet = Fleet(whole=whole)
    for message in messages:
        if isinstance(message, Receipt):
            fleet.receipt(message)
        else:
            fleet.heartbeat(message)
    return fleet


def the_row(*messages: Receipt | Heartbeat, now: int = NOW) -> Row:
    (row,) = told(*messages).rows(now)
    return row


def test_a_batch_delivered_twice_is_counted_once() -> None:
    row = the_row(a_receipt(1, 10), a_receipt(1, 10))
    assert (row.received, row.stored, row.unexplained_gap) == (10, 10, 0)


def test_a_batch_cut_anew_after_a_crash_counts_only_what_is_new() -> None:
    again = msgspec.structs.replace(a_receipt(1, 15), stored=5, known=10)
    row = the_row(a_receipt(1, 10), again)
    assert (row.received, row.stored, row.known, row.unexplained_gap) == (15, 15, 0, 0)
    balanced(row, 15)


def test_batches_under_way_leave_no_gap_in_whatever_order_they_come() -> None:
    assert the_row(a_receipt(11, 20), a_receipt(31, 40), a_beat()).conditions == ()


def test_a_hole_below_what_was_acknowledged_is_unexplained() -> None:
    row = the_row(a_receipt(1, 10), a_receipt(14, 20), a_beat(acked_seq=21))
    assert (row.condition, row.unexplained_gap, row.first_unexplained) == (Condition.GAP, 3, "s/11")


def test_a_batch_says_what_was_acknowledged_too() -> None:
    assert (
        the_row(a_receipt(1, 10), msgspec.structs.replace(a_receipt(21, 30), acked_seq=13)).unexplained_gap
        == 2
    )


def test_a_declared_gap_explains_its_numbers() -> None:
    gap = Gap("auth", 11, 13, "spool full", NOW)
    row = the_row(a_receipt(1, 10), a_receipt(14, 20, gaps=(gap,)), a_beat(acked_seq=21))
    assert (row.condition, row.declared_gap, row.unexplained_gap) == (Condition.OK, 3, 0)
    balanced(row, 20)


def test_a_number_that_comes_after_it_was_declared_lost_is_received() -> None:
    gap = Gap("auth", 11, 13, "refused by the centre", NOW)
    row = the_row(a_receipt(1, 10, gaps=(gap,)), a_receipt(11, 12), a_beat(acked_seq=14))
    assert (row.received, row.declared_gap, row.unexplained_gap) == (12, 1, 0)
    balanced(row, 13)


def test_an_older_collector_names_no_spool_and_counts_by_its_heartbeats() -> None:
    old = msgspec.structs.replace(a_receipt(1, 10), spool="", acked_seq=0)
    beat = msgspec.structs.replace(a_beat(acked_seq=13), spool="")
    assert the_row(old, msgspec.structs.replace(old, first_seq=14, last_seq=20)).unexplained_gap == 0
    assert the_row(old, msgspec.structs.replace(old, first_seq=14, last_seq=20), beat).unexplained_gap == 2


def test_a_collector_that_learns_to_name_its_spool_goes_on_counting() -> None:
    old = msgspec.structs.replace(a_receipt(1, 10), spool="", acked_seq=0)
    fleet = told(old, msgspec.structs.replace(a_receipt(11, 20), acked_seq=11), a_beat(acked_seq=21))
    (row,) = fleet.rows(NOW)
    assert (row.received, row.unexplained_gap, fleet.notices()) == (20, 0, [])


def test_a_machine_set_up_anew_counts_from_one_again() -> None:
    anew = msgspec.structs.replace(a_receipt(1, 5), spool="t", boot="c")
    fleet = told(a_receipt(1, 10), a_beat(acked_seq=11), anew)
    (row,) = fleet.rows(NOW)
    assert (row.received, row.stored, row.unexplained_gap) == (15, 15, 0)
    assert [notice.kind for notice in fleet.notices()] == ["renumbered"]
    balanced(row, 15)


def test_an_older_collector_set_up_anew_balances_too() -> None:
    old = msgspec.structs.replace(a_receipt(1, 10), spool="", acked_seq=0)
    (row,) = told(old, msgspec.structs.replace(old, boot="c", last_seq=4, stored=4)).rows(NOW)
    assert (row.received, row.stored) == (14, 14)


def test_a_number_of_two_starts_means_a_restored_spool() -> None:
    fleet = told(a_receipt(1, 10), msgspec.structs.replace(a_receipt(8, 12), boot="c"))
    (notice,) = fleet.notices()
    assert (notice.kind, notice.fields["how"], notice.fields["starts"]) == ("clone", "restored", ["b", "c"])
    assert told(a_receipt(1, 10), msgspec.structs.replace(a_receipt(11, 12), boot="c")).notices() == []


def test_every_number_of_a_start_is_remembered_not_the_last_ones_alone() -> None:
    later = msgspec.structs.replace(a_receipt(5, 6), boot="c")
    assert [notice.kind for notice in told(a_receipt(1, 10), a_receipt(21, 30), later).notices()] == ["clone"]


def test_two_starts_that_speak_at_once_are_a_clone() -> None:
    beats = [a_beat(boot=boot, at=NOW + at * 60_000) for boot, at in [("a", 0), ("b", 1), ("a", 2), ("b", 3)]]
    assert told(*beats).notices() == []
    fleet = told(*beats, a_beat(boot="a", at=NOW + 4 * 60_000), a_beat(boot="a", at=NOW + 6 * 60_000))
    assert [(notice.kind, notice.fields["how"]) for notice in fleet.notices()] == [("clone", "running twice")]


def test_what_was_said_is_not_said_again() -> None:
    fleet = told(a_receipt(1, 10), msgspec.structs.replace(a_receipt(8, 12), boot="c"))
    fleet.said(fleet.notices()[0])
    fleet.receipt(msgspec.structs.replace(a_receipt(9, 13), boot="c"))
    assert fleet.notices() == []


def test_what_was_shed_is_said_once_an_hour_and_source() -> None:
    gaps = [Gap(source, n, n, "the spool is full", NOW) for n, source in enumerate(["dns", "dns", "web"], 1)]
    fleet = told(*(a_receipt(9, 8, gaps=(gap,)) for gap in gaps))
    assert [notice.fields["source"] for notice in fleet.notices()] == ["dns", "web"]


def test_many_unreadable_records_in_an_hour_are_said_once() -> None:
    few = msgspec.structs.replace(a_receipt(1, 100), quarantined=5)
    assert told(few).notices() == []
    fleet = told(few, msgspec.structs.replace(a_receipt(101, 102), quarantined=2), a_receipt(103, 104))
    (notice,) = fleet.notices()
    assert (notice.kind, notice.fields) == ("quarantine", {"received": 102, "quarantined": 7})
    next_hour = msgspec.structs.replace(a_receipt(101, 102, at=NOW + 3_600_000), quarantined=2)
    assert told(few, next_hour).notices() == []


def test_a_door_counts_without_numbers() -> None:
    door = msgspec.structs.replace(a_receipt(1, 0), door="bulk", stored=4, reread=2, known=3, repeats=1)
    row = the_row(door, door)
    assert (row.received, row.stored, row.known, row.repeats, row.unexplained_gap) == (18, 8, 6, 2, 0)
    assert the_row(door, now=NOW + DOOR_SILENT_AFTER_MS).condition is Condition.OK
    assert the_row(door, now=NOW + DOOR_SILENT_AFTER_MS + 1).condition is Condition.SILENT


@pytest.mark.parametrize(
    ("beat", "later", "condition"),
    [
        (a_beat(), 0, Condition.OK),
        (a_beat(held_ms=LAGGING_AFTER_MS + 1), 0, Condition.LAGGING),
        (a_beat(), SILENT_AFTER_MS + 1, Condition.SILENT),
        (a_beat(until_ms=NOW + EXPIRING_BEFORE_MS), 0, Condition.OK),
        (a_beat(until_ms=NOW + EXPIRING_BEFORE_MS), 1, Condition.EXPIRING),
    ],
    ids=["fresh", "holding old records", "nothing heard", "certificate good", "certificate ends"],
)
def test_conditions_follow_from_the_last_word(beat: Heartbeat, later: int, condition: Condition) -> None:
    assert the_row(beat, now=NOW + later).condition is condition


def test_each_day_has_its_own_counts_and_all_days_make_the_whole() -> None:
    next_day = msgspec.structs.replace(a_receipt(14, 20, at=NOW + DAY_MS), quarantined=2, clock_offset_ms=-90)
    fleet = told(
        a_receipt(1, 10), a_beat(acked_seq=11), next_day, a_beat(acked_seq=21, at=NOW + DAY_MS, held_ms=8)
    )
    (row,) = fleet.rows(NOW, days=5)
    first, second = row.days
    assert (first.counts, first.unexplained_gap) == (Counts(received=10, stored=10), 0)
    assert (second.counts, second.unexplained_gap) == (Counts(received=7, stored=7, quarantined=2), 3)
    assert (first.day < second.day, second.clock_offset_ms, second.lag_ms) == (True, -90, 8)
    assert fleet.rows(NOW, days=1)[0].days == (second,)


def test_a_gap_that_is_filled_leaves_its_day_clean() -> None:
    fleet = told(
        a_receipt(1, 10), a_receipt(14, 20), a_beat(acked_seq=21), a_receipt(11, 13, at=NOW + DAY_MS)
    )
    (row,) = fleet.rows(NOW, days=5)
    assert [(day.unexplained_gap, day.counts.received) for day in row.days] == [(0, 17), (0, 3)]


def test_days_older_than_a_quarter_are_forgotten() -> None:
    fleet = told(*(a_receipt(n, n, at=NOW + n * DAY_MS) for n in range(1, 120)))
    (row,) = fleet.rows(NOW, days=200)
    assert (len(row.days), row.received) == (92, 119)


def test_accounts_survive_a_restart() -> None:
    fleet = told(a_receipt(1, 10), a_receipt(14, 20), a_beat(acked_seq=21), a_receipt(8, 9))
    again = Fleet(whole=False)
    again.load(fleet.dump())
    assert (again.rows(NOW, days=9), again.notices()) == (fleet.rows(NOW, days=9), fleet.notices())
    again.receipt(a_receipt(11, 13))
    assert again.rows(NOW)[0].unexplained_gap == 0


@pytest.mark.parametrize("data", [b"", b"\xc1", msgspec.msgpack.encode({"version": 9})])
def test_a_snapshot_that_is_none_is_said(data: bytes) -> None:
    with pytest.raises(Corrupt, match="accounts"):
        Fleet().load(data)


def test_accounts_that_do_not_reach_back_begin_where_a_spool_is_first_heard_of() -> None:
    (row,) = told(msgspec.structs.replace(a_receipt(501, 510), acked_seq=491), whole=False).rows(NOW)
    assert row.unexplained_gap == 0
    (row,) = told(a_beat(acked_seq=491), a_receipt(495, 500), a_beat(acked_seq=501), whole=False).rows(NOW)
    assert row.unexplained_gap == 4


def test_a_gap_that_stands_is_asked_for_once_in_ten_minutes() -> None:
    fleet = told(a_receipt(1, 10), a_receipt(14, 20), a_beat(acked_seq=21))
    assert fleet.resend_from(ORIGIN, "s", NOW) is None
    assert fleet.resend_from(ORIGIN, "other", NOW + GAP_STANDS_MS) is None
    assert fleet.resend_from(ORIGIN, "s", NOW + GAP_STANDS_MS) == 11
    assert fleet.resend_from(ORIGIN, "s", NOW + GAP_STANDS_MS + ASK_AGAIN_MS - 1) is None
    fleet.receipt(a_receipt(11, 12))
    assert fleet.resend_from(ORIGIN, "s", NOW + GAP_STANDS_MS + ASK_AGAIN_MS) == 13
    fleet.receipt(a_receipt(13, 13))
    assert fleet.resend_from(ORIGIN, "s", NOW + DAY_MS) is None
    assert fleet.resend_from(Origin("khac", "c1"), "s", NOW) is None


def test_a_collector_that_leaves_every_second_number_out_is_bounded_and_still_counted() -> None:
    fleet = told(*(a_receipt(n, n) for n in range(1, 20_001, 2)), a_beat(acked_seq=20_001))
    (row,) = fleet.rows(NOW)
    assert (row.received, row.unexplained_gap) == (10_000, 10_000)
    assert len(fleet.dump()) < 120_000


def test_spools_beyond_the_newest_sixteen_leave_what_they_lack() -> None:
    receipts = [
        msgspec.structs.replace(a_receipt(2, 3), spool=str(n), boot=str(n), acked_seq=4) for n in range(40)
    ]
    (row,) = told(*receipts).rows(NOW)
    assert (row.received, row.unexplained_gap) == (80, 40)


def test_whatever_one_collector_claims_its_account_can_be_saved_and_shown() -> None:
    fleet = Fleet()
    for number in range(2100):
        spool, gap = f"s{number}", Gap("auth", 2, MAX_NUMBER, "lost", NOW)
        fleet.receipt(msgspec.structs.replace(a_receipt(1, 1, gaps=(gap,)), spool=f"d{spool}"))
        fleet.heartbeat(msgspec.structs.replace(a_beat(acked_seq=MAX_NUMBER), spool=spool))
    again = Fleet()
    again.load(fleet.dump())
    (row,) = again.rows(NOW)
    assert (row.declared_gap, row.unexplained_gap, row.condition) == (MAX_NUMBER, MAX_NUMBER, Condition.GAP)
