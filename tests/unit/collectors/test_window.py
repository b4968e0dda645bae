"""Whatever order spans arrive in, only what is delivered without a hole counts as acknowledged."""

from random import Random

from hypothesis import given
from hypothesis import strategies as st

from collectors.window import NEVER, Span, Window


def sent(window: Window, *ends: int) -> list[Span]:
    spans = []
    for end in ends:
        span = Span(window.free(window.acked).begin, end)
        window.sent(span)
        spans.append(span)
    return spans


def test_answers_in_any_order_move_the_number_only_as_far_as_nothing_is_missing() -> None:
    window = Window(1)
    first, second, third = sent(window, 11, 21, 31)
    window.done(third)
    assert window.acked == 1
    window.done(first)
    assert window.acked == 11
    window.done(second)
    assert window.acked == 31


def test_what_is_free_ends_where_something_is_under_way_or_delivered() -> None:
    window = Window(1)
    live = Span(100, 120)
    window.sent(live)
    assert window.free(1) == Span(1, 100)
    window.done(live)
    sent(window, 51)
    assert window.free(1) == Span(51, 100)
    assert window.free(100) == Span(120, NEVER)


def test_lanes_that_meet_become_one() -> None:
    window = Window(1)
    live, behind = Span(100, 120), Span(1, 100)
    window.sent(live)
    window.sent(behind)
    window.done(live)
    window.done(behind)
    assert (window.acked, window.free(1)) == (120, Span(120, NEVER))


def test_parts_of_a_span_arrive_apart() -> None:
    window = Window(1)
    (span,) = sent(window, 11)
    left, right = window.split(span, 5)
    window.done(right)
    assert window.acked == 1
    window.done(left)
    assert window.acked == 11


def test_an_answer_to_what_was_sent_before_a_rewind_proves_nothing() -> None:
    window = Window(1)
    first, second = sent(window, 11, 21)
    window.done(first)
    window.rewound(4)
    again = window.free(window.acked)
    assert (again.begin, again.end) == (4, NEVER)
    missing, rest = Span(4, 11, again.age), Span(11, 21, again.age)
    window.sent(missing)
    window.sent(rest)
    window.done(second)
    window.done(missing)
    assert window.acked == 11
    window.done(rest)
    assert window.acked == 21


def test_a_wish_for_what_was_not_delivered_moves_nothing_ahead() -> None:
    window = Window(5)
    window.rewound(9)
    assert window.acked == 5


@given(st.lists(st.integers(1, 9), min_size=1, max_size=12), st.randoms(use_true_random=False))
def test_the_window_equals_a_set_of_numbers(sizes: list[int], chance: Random) -> None:
    window, delivered, flying = Window(1), set[int](), list[Span]()
    for size in sizes:
        free = window.free(chance.choice([window.acked, 20]))
        span = Span(free.begin, min(free.begin + size, free.end))
        assert not set(range(span.begin, span.end)) & delivered
        window.sent(span)
        flying.append(span)
        if chance.random() < 0.7:
            arrived = flying.pop(chance.randrange(len(flying)))
            window.done(arrived)
            delivered |= set(range(arrived.begin, arrived.end))
        assert window.acked == next(n for n in range(1, 1000) if n not in delivered)
