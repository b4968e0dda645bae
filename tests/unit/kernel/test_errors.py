"""Errors say where, and whether trying again helps."""

from soc.kernel.errors import (
    Location,
    NcscError,
    NcscUnavailable,
    RuleError,
    StoreBusy,
    StoreError,
    shortened,
)


def test_a_rule_error_names_its_place_and_the_fix() -> None:
    error = RuleError("unknown modifier 'foo'", Location("a.yml", 3, 5), "accepted: contains, …")
    assert str(error) == "a.yml:3:5: unknown modifier 'foo' (accepted: contains, …)"


def test_only_the_passing_troubles_are_retryable() -> None:
    assert (StoreBusy.retryable, NcscUnavailable.retryable) == (True, True)
    assert (StoreError.retryable, NcscError.retryable) == (False, False)


def test_a_long_value_is_shortened() -> None:
    assert shortened("x" * 100, 10) == "'xxxxxxxx…"
