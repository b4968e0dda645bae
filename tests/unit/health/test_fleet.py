"""The fleet's accounts: nothing missing is ever overlooked, nothing repeated is counted twice."""

import msgspec
import pytest

from soc.health.fleet import LAGGING_AFTER_MS, SILENT_AFTER_MS, Condition, Fleet, Row
from soc.model.heartbeat import Heartbeat, SourceState
from soc.model.identity import Origin
from soc.wire.feed import Receipt
from soc.wire.messages import Gap

ORIGIN = Origin("so-y-te", "c1")
NOW = 1_000_000_000


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
    )


def a_beat(*, held_ms: int = 0, at: int = NOW) -> Heartbeat:
    return Heartbeat(
        origin=ORIGIN,
        boot="b",
        sent_at_ms=at,
        received_at_ms=at,
        next_seq=1,
        acked_seq=1,
        sources=(SourceState("auth", at - held_ms),),
        spool_bytes=5,
        software="0.1",
    )


def the_row(*receipts: Receipt, beat: Heartbeat | None = None, now: int = NOW) -> Row:
    fleet = Fleet()
    for receipt in receipts:
        fleet.receipt(receipt)
    if beat is not None:
        fleet.heartbeat(beat)
    (row,) = fleet.rows(now)
    return row


def test_a_batch_delivered_twice_is_counted_once() -> None:
    row = the_row(a_receipt(1, 10), a_receipt(1, 10))
    assert (row.received, row.stored, row.unexplained_gap) == (10, 10, 0)


def test_a_batch_cut_anew_after_a_crash_counts_only_what_is_new() -> None:
    again = msgspec.structs.replace(a_receipt(1, 15), stored=5, known=10)
    row = the_row(a_receipt(1, 10), again)
    assert (row.received, row.stored, row.known, row.unexplained_gap) == (15, 15, 0, 0)


def test_batches_in_any_order_leave_no_gap() -> None:
    assert the_row(a_receipt(11, 20), a_receipt(1, 10)).unexplained_gap == 0


def test_a_hole_nobody_declared_is_unexplained() -> None:
    row = the_row(a_receipt(1, 10), a_receipt(14, 20))
    assert (row.condition, row.unexplained_gap) == (Condition.GAP, 3)


def test_a_declared_gap_explains_its_numbers() -> None:
    gap = Gap("auth", 11, 13, "spool full", NOW)
    row = the_row(a_receipt(1, 10), a_receipt(14, 20, gaps=(gap,)))
    assert (row.condition, row.declared_gap, row.unexplained_gap) == (Condition.OK, 3, 0)


@pytest.mark.parametrize(
    ("beat", "later", "condition"),
    [
        (a_beat(), 0, Condition.OK),
        (a_beat(held_ms=LAGGING_AFTER_MS + 1), 0, Condition.LAGGING),
        (a_beat(), SILENT_AFTER_MS + 1, Condition.SILENT),
    ],
    ids=["fresh", "holding old records", "nothing heard"],
)
def test_conditions_follow_from_the_last_word(beat: Heartbeat, later: int, condition: Condition) -> None:
    assert the_row(beat=beat, now=NOW + later).condition is condition
