"""What is let go is counted once, by source and reason, with how far its sources were read."""

from hypothesis import given
from hypothesis import strategies as st
from support.spooling import a_record

from collectors.overflow import LetGo, Overflow
from collectors.reading import Reading
from soc.spool.journal import Shed

FULL = "the spool is full"


def test_records_of_many_readings_are_one_count_a_source_from_the_first_on() -> None:
    overflow = Overflow()
    overflow.let_go([Reading((a_record("a", source="x"), a_record("b", source="y")), {"p": b"1"})], FULL, 10)
    overflow.let_go([Reading((a_record("c", source="x"),), {"p": b"2", "q": b"1"})], FULL, 20)
    assert overflow
    assert overflow.take() == LetGo((Shed("x", 2, FULL, 10), Shed("y", 1, FULL, 10)), {"p": b"2", "q": b"1"})
    assert not overflow
    assert overflow.take() == LetGo()


def test_what_the_kernel_dropped_keeps_its_own_reason() -> None:
    overflow = Overflow()
    dropped = Shed("x", 5, "datagrams came faster than read", 7)
    overflow.let_go([Reading((a_record("a", source="x"),), shed=(dropped,))], FULL, 10)
    assert set(overflow.take().shed) == {dropped, Shed("x", 1, FULL, 10)}


def test_what_is_given_back_is_added_to_what_came_since() -> None:
    overflow = Overflow()
    overflow.let_go([Reading((a_record("a", source="x"),), {"p": b"1", "q": b"1"})], FULL, 10)
    taken = overflow.take()
    overflow.let_go([Reading((a_record("b", source="x"),), {"p": b"2"})], FULL, 20)
    overflow.give_back(taken)
    assert overflow.take() == LetGo((Shed("x", 2, FULL, 10),), {"p": b"2", "q": b"1"})


@given(st.lists(st.tuples(st.sampled_from(["let go", "take", "fail"]), st.sampled_from("xy"))))
def test_nothing_is_counted_twice_or_forgotten(steps: list[tuple[str, str]]) -> None:
    overflow, come, noted = Overflow(), 0, 0
    for step, source in steps:
        match step:
            case "let go":
                overflow.let_go([Reading((a_record("a", source=source),))], FULL, 1)
                come += 1
            case "take":
                noted += sum(shed.count for shed in overflow.take().shed)
            case _:
                overflow.give_back(overflow.take())
    noted += sum(shed.count for shed in overflow.take().shed)
    assert noted == come
