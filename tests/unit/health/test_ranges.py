"""Ranges behave as the plain set of their numbers."""

from hypothesis import given
from hypothesis import strategies as st

from soc.health.ranges import Ranges

spans = st.lists(st.tuples(st.integers(1, 40), st.integers(-1, 10)))
borders = st.tuples(st.integers(1, 55), st.integers(1, 55))


def filled(given_spans: list[tuple[int, int]]) -> tuple[Ranges, set[int]]:
    ranges, model = Ranges(), set[int]()
    for first, length in given_spans:
        numbers = set(range(first, first + length + 1))
        assert ranges.add(first, first + length) == len(numbers - model)
        model |= numbers
    return ranges, model


@given(spans, borders)
def test_what_is_missing_between_two_numbers_is_counted(
    given_spans: list[tuple[int, int]], border: tuple[int, int]
) -> None:
    ranges, model = filled(given_spans)
    missing = set(range(*border)) - model
    assert ranges.missing(*border) == len(missing)
    assert ranges.first_missing(*border) == min(missing, default=None)


@given(spans, st.integers(1, 55))
def test_what_is_forgotten_is_as_if_it_had_never_been(given_spans: list[tuple[int, int]], below: int) -> None:
    ranges, model = filled(given_spans)
    ranges.forget(below)
    again, _ = filled([(number, 0) for number in sorted(model) if number >= below])
    assert ranges == again
