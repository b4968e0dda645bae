"""Watermarks: who holds time back, for how long, and for whom."""

import msgspec
import pytest
from support.correlating import MINUTE, T0

from soc.correlation.watermark import FOREVER, LATENESS_MS, Watermarks
from soc.model.heartbeat import Heartbeat, SourceState
from soc.model.identity import Origin
from soc.wire.feed import Receipt

ORIGIN = Origin("so-yte", "c1")
NOW = T0 + 60 * MINUTE


def a_beat(*behind_ms: int, origin: Origin = ORIGIN, at: int = NOW) -> Heartbeat:
    sources = tuple(SourceState(f"s{n}", at - ms) for n, ms in enumerate(behind_ms))
    return Heartbeat(
        origin=origin,
        boot="b",
        sent_at_ms=at,
        received_at_ms=at,
        next_seq=1,
        acked_seq=1,
        sources=sources,
        spool_bytes=0,
        software="0.1",
    )


def a_receipt(at: int, origin: Origin = ORIGIN) -> Receipt:
    return Receipt(origin, "b", 1, 1, 1, 0, 0, 0, (), at, 0)


@pytest.fixture
def marks() -> Watermarks:
    marks = Watermarks()
    marks.tick(NOW)
    return marks


def behind(marks: Watermarks, agency: str | None = "so-yte", exercise: str | None = None) -> int:
    """Return how far the watermark is behind the clock, lateness taken off."""
    return NOW - LATENESS_MS - marks.of(agency, exercise)


def test_without_sources_the_clock_decides(marks: Watermarks) -> None:
    assert behind(marks) == behind(marks, None) == 0


def test_the_slowest_source_of_an_agency_decides(marks: Watermarks) -> None:
    marks.heartbeat(a_beat(1000, 7000))
    marks.heartbeat(a_beat(3000, origin=Origin("so-yte", "c2")))
    assert behind(marks) == 7000


def test_other_agencies_count_only_for_the_province(marks: Watermarks) -> None:
    marks.heartbeat(a_beat(1000))
    marks.heartbeat(a_beat(9000, origin=Origin("so-xd", "c1")))
    assert (behind(marks), behind(marks, "so-xd"), behind(marks, None)) == (1000, 9000, 9000)


def test_an_exercise_holds_nothing_of_the_live_run_back(marks: Watermarks) -> None:
    marks.heartbeat(a_beat(9000, origin=Origin("so-yte", "c1", "drill")))
    assert (behind(marks), behind(marks, None), behind(marks, None, "drill")) == (0, 0, 9000)


def test_a_source_that_the_newest_heartbeat_does_not_name_is_retired(marks: Watermarks) -> None:
    marks.heartbeat(a_beat(1000, 9000, at=NOW - 1))
    marks.heartbeat(a_beat(1000))
    marks.heartbeat(a_beat(1000, 9000, at=NOW - 2))
    assert behind(marks) == 1000


def test_a_silent_source_no_longer_holds_back_until_it_speaks_again(marks: Watermarks) -> None:
    marks.heartbeat(a_beat(0, at=NOW - 15 * MINUTE))
    assert behind(marks) == 15 * MINUTE
    marks.tick(NOW + 1)
    assert behind(marks) == -1
    marks.receipt(a_receipt(NOW))
    marks.tick(NOW + 1)
    assert behind(marks) == 15 * MINUTE


def test_a_dead_agency_never_stalls_a_province_rule(marks: Watermarks) -> None:
    marks.heartbeat(a_beat(0, at=NOW - 60 * MINUTE))
    marks.heartbeat(a_beat(500, origin=Origin("so-xd", "c1")))
    assert behind(marks, None) == 500


def test_receipts_count_where_no_heartbeat_comes(marks: Watermarks) -> None:
    marks.receipt(a_receipt(NOW - 4000))
    marks.receipt(a_receipt(NOW - 5000))
    marks.tick(NOW)
    assert behind(marks) == 4000
    marks.heartbeat(a_beat(100))
    marks.tick(NOW)
    assert behind(marks) == 100


def test_a_collector_without_sources_holds_nothing_back(marks: Watermarks) -> None:
    marks.heartbeat(msgspec.structs.replace(a_beat(), sources=()))
    assert behind(marks) == 0


def test_forever_is_behind_every_event() -> None:
    assert FOREVER.of("so-yte", None) > 253_402_300_800_000
