"""Accounts that must balance: what was written is received or declared lost; what was received is stored."""

from soc.health.fleet import Row


def balanced(row: Row, written: int) -> None:
    """Fail unless *row* accounts for every one of *written* records that its collector numbered."""
    assert row.unexplained_gap == 0, row
    assert row.received + row.declared_gap == written, row
    assert row.stored + row.reread + row.known == row.received, row
    assert sum(day.counts.received for day in row.days) in (0, row.received), row
