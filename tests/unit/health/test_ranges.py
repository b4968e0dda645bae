"""Ranges behave as the plain set of their numbers."""

from hypothesis import given
from hypothesis import strategies as st

from soc.health.ranges import Ranges

spans = st.lists(st.tuples(st.integers(1, 40), st.integers(-1, 10)))


@given(spans)
def test_ranges_hold_exactly_the_numbers_put_in(given_spans: list[tuple[int, int]]) -> None:
    ranges, model = Ranges(), set[int]()
    for first, length in given_spans:
        numbers = set(range(first, first + length + 1))
        assert ranges.add(first, first + length) == len(numbers - model)
        model |= numbers
    assert ranges.total() == len(model)
    assert ranges.holes() == max(model, default=0) - len(model)


@given(spans, spans)
def test_a_union_holds_both(left: list[tuple[int, int]], right: list[tuple[int, int]]) -> None:
    a, b, both = Ranges(), Ranges(), Ranges()
    for ranges, given_spans in ((a, left), (b, right)):
        for first, length in given_spans:
            ranges.add(first, first + length)
            both.add(first, first + length)
    joined = a.joined(b)
    assert (joined.total(), joined.holes()) == (both.total(), both.holes())
