"""Ids are the same everywhere, hold no time and cannot be confused by moving bytes between parts."""

from soc.kernel.ids import digest, event_id_at, event_id_own, event_id_seq, fingerprint, signal_id


def test_parts_are_kept_apart() -> None:
    assert digest("ab", "c") != digest("a", "bc")


def test_an_id_is_the_same_on_every_machine() -> None:
    assert digest("a", b"\x00") == "63f33f415c31ff0564c7c1d40d6b86dc"
    assert signal_id("rule", "event") == signal_id("rule", "event")
    assert event_id_at("a", "s", "f", 7, b"x") == "a15faa9f29378479d262d2562af0eadd"
    assert event_id_own("a", "s", "7", b"x") == "2763d2fdc3a3a4abcb83fa9cd17d9a8d"
    assert event_id_seq("a", "s", ("c", "b"), 7, b"x") == "7d24b154faed6fba326a482afbd7b7f0"


def test_the_same_text_at_two_places_is_two_events() -> None:
    assert event_id_at("a", "s", "f", 0, b"x") != event_id_at("a", "s", "f", 2, b"x")


def test_an_own_id_with_other_bytes_is_another_event() -> None:
    assert event_id_own("a", "s", "7", b"x") != event_id_own("a", "s", "7", b"y")


def test_agencies_never_share_an_id() -> None:
    start = ("c", "b")
    assert event_id_seq("a", "s", start, 1, b"x") != event_id_seq("b", "s", start, 1, b"x")


def test_a_number_that_is_used_again_for_other_bytes_is_another_event() -> None:
    start = ("c", "b")
    assert event_id_seq("a", "s", start, 1, b"x") != event_id_seq("a", "s", start, 1, b"y")


def test_growth_of_a_file_leaves_its_fingerprint() -> None:
    first = b"first line\n"
    assert fingerprint(first, len(first)) == fingerprint(first + b"second line\n" * 200, len(first))
