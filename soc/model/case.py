"""A case: alerts that are worked on together, with what was decided about reporting."""

import msgspec


class Case(msgspec.Struct, frozen=True):
    """One incident as people work on it."""

    id: str
    alert_ids: tuple[str, ...]
    opened_at_ms: int
    detected_at_ms: int
    """T0 of the law's clocks (NĐ 331/2026 Đ31.2.d)."""
    exercise: str | None
    title: str
