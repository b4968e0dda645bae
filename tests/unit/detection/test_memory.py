"""What is remembered: bounded as a whole, and never of one value what belongs to another."""

from typing import Any

import pytest
from support.drawn import LOOK_ALIKES

from soc.detection import memory
from soc.detection.field import FieldAtoms
from soc.detection.memory import LONGEST_BYTES, Memory, Room
from soc.detection.scanner import Databases
from soc.model.fields import ABSENT
from soc.rulebook.plan import Boolean, Exists, Null, Pattern, Text, Wild

PATTERNS: list[Pattern] = [
    Text(("0",)),
    Text(("1",)),
    Boolean(value=True),
    Boolean(value=False),
    Exists(wanted=True),
    Exists(wanted=False),
    Null(),
    Text(("-", Wild.ANY)),
]
FIELD = FieldAtoms(enumerate(PATTERNS), Databases())
EVERYTHING = range(len(PATTERNS))


def remembering(room: Room | None = None) -> Memory:
    return Memory(FIELD, EVERYTHING, room or Room())


@pytest.mark.parametrize("order", [LOOK_ALIKES, LOOK_ALIKES[::-1]], ids=["forth", "back"])
def test_values_that_are_equal_and_read_differently_never_mix(order: tuple[Any, ...]) -> None:
    known = remembering()
    for value in (*order, *order):
        assert known.scalar(value) == FIELD.judge(value)
        assert known.any_of([value]) == FIELD.judge(value)


def test_plain_values_are_looked_up_as_they_are() -> None:
    known = remembering()
    assert known["1"] == known[1] == FIELD.judge(1)
    assert known[None] == FIELD.judge(None)
    assert known[ABSENT] == FIELD.judge(ABSENT)
    assert len(known) == 4
    assert known["1"] is known["1"]


def test_of_several_values_any_is_enough() -> None:
    known = remembering()
    assert known.any_of(["0", True, None]) == {0, 2, 4, 6}
    assert known.any_of([{}]) == known.any_of([]) == {4}


def test_atoms_that_nobody_wants_are_not_told() -> None:
    known = Memory(FIELD, [0, 4], Room())
    assert known["0"] == {0, 4}
    assert known[True] == known.any_of([]) == {4}
    assert known[None] == known.any_of(["x", None]) == {4}
    assert known[ABSENT] == frozenset()


def test_ever_new_values_use_no_more_than_the_room() -> None:
    room = Room(limit_bytes=100_000)
    known = remembering(room)
    most = 0
    for number in range(5_000):
        assert known[f"v{number}"] == {4}
        most = max(most, len(known))
    assert 100 < most < 100_000 / memory._ENTRY_BYTES
    assert len(known) < most


def test_when_the_room_is_used_up_all_that_share_it_forget() -> None:
    room = Room(limit_bytes=10_000)
    one, other = remembering(room), remembering(room)
    one["kept"]
    assert one
    for number in range(100):
        other[str(number)]
    assert not one
    assert other


def test_a_long_value_is_judged_each_time_and_costs_no_room() -> None:
    room = Room(limit_bytes=10_000)
    known = remembering(room)
    known["short"]
    for number in range(100):
        assert known["x" * LONGEST_BYTES + str(number)] == {4}
    assert list(known) == ["short"]


def test_a_room_forgets_and_goes_on() -> None:
    room = Room(limit_bytes=10_000)
    known = remembering(room)
    known["x"]
    room.leave()
    assert not known
    for number in range(100):
        known[str(number)]
    assert 0 < len(known) < 100


def test_a_memory_that_nobody_uses_is_let_go() -> None:
    room = Room()
    known = remembering(room)
    for _ in range(10):
        remembering(room)["x"]
    assert list(room._memories.values()) == [known]
