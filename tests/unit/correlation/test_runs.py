"""Runs: replacing a stretch of firing points is the same as finding all runs anew."""

from hypothesis import given
from hypothesis import strategies as st

from soc.correlation.runs import Run, Runs

TIMESPAN = 3
points = st.sets(st.integers(0, 40))


def all_runs(firing: set[int]) -> list[Run]:
    found: list[Run] = []
    for point in sorted(firing):
        if found and point - found[-1].last_ms <= TIMESPAN:
            found[-1] = Run(found[-1].first_ms, point)
        else:
            found.append(Run(point, point))
    return found


@given(points, st.lists(st.tuples(st.integers(0, 40), st.integers(0, 12), points), max_size=6))
def test_runs_are_those_of_all_points(firing: set[int], steps: list[tuple[int, int, set[int]]]) -> None:
    runs = Runs(TIMESPAN)
    runs.replace(0, 40, sorted(firing))
    standing = set(all_runs(firing))
    for start, length, drawn in steps:
        stretch = range(start, start + length + 1)
        found = {point for point in drawn if point in stretch}
        firing = {point for point in firing if point not in stretch} | found
        before, after = runs.replace(stretch[0], stretch[-1], sorted(found))
        assert standing >= set(before)
        standing = standing - set(before) | set(after)
        assert standing == set(all_runs(firing))


def test_an_adopted_run_is_whole_though_its_inner_points_are_unknown() -> None:
    runs = Runs(TIMESPAN)
    runs.adopt(Run(0, 20))
    runs.adopt(Run(30, 30))
    assert runs.replace(23, 24, [23]) == ([Run(0, 20)], [Run(0, 23)])
    assert runs.replace(27, 27, [27]) == ([Run(30, 30)], [Run(27, 30)])


def test_expired_runs_are_gone() -> None:
    runs = Runs(TIMESPAN)
    runs.replace(0, 40, [1, 2, 20])
    assert runs.expire(10) is None
    assert runs.replace(0, 40, []) == ([Run(20, 20)], [])


def test_a_run_that_reaches_over_the_cut_keeps_its_ends() -> None:
    runs = Runs(TIMESPAN)
    runs.replace(0, 40, [1, 3, 5, 7, 9])
    assert runs.expire(6) == Run(1, 9)
    assert runs.replace(9, 12, [12]) == ([Run(1, 9)], [Run(1, 7), Run(12, 12)])
