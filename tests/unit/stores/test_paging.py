import pytest
from support.stored import stored

from soc.model.identity import RetentionClass
from soc.stores.paging import cursor_of, expired, order_of, read_cursor, tie_of


def test_a_cursor_leads_back_to_the_event_it_was_made_from() -> None:
    event = stored("a", after_ms=-(10**15))
    assert read_cursor(cursor_of(event)) == order_of(event)


def test_ties_sort_as_ids_do() -> None:
    ids = sorted(stored(str(i)).id for i in range(100))
    assert sorted(ids, key=tie_of) == ids
    assert tie_of("f" * 32) < 2**63


@pytest.mark.parametrize(("today", "ends"), [("2026-01-31", False), ("2026-02-01", True)])
def test_a_day_is_kept_for_as_many_days_as_told(today: str, ends: bool) -> None:
    assert expired("2026-01-01", RetentionClass.STANDARD, {RetentionClass.STANDARD: 31}, today) == ends


def test_holds_and_classes_that_are_not_named_are_kept() -> None:
    keep = {RetentionClass.HOLD: 1}
    assert not expired("2000-01-01", RetentionClass.HOLD, keep, "2026-01-01")
    assert not expired("2000-01-01", RetentionClass.STANDARD, keep, "2026-01-01")
