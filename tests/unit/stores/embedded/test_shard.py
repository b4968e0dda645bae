import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.stored import stored

from soc.kernel.errors import StoreError
from soc.model.identity import RetentionClass
from soc.stores.embedded.shard import Position, Shard, read_folder, shard_of, unpack


@pytest.mark.parametrize("exercise", [None, "drill", "../../etc", "run-.x", "diễn tập 1", "a.b"])
def test_a_folder_names_its_shard_and_stays_in_its_place(exercise: str | None) -> None:
    shard = Shard("2026-01-01", RetentionClass.QUARANTINE, exercise)
    assert read_folder(shard.folder) == shard
    assert "/" not in shard.folder


@pytest.mark.parametrize(
    "name", ["", "index", "2026-01-01", "2026-01-01.standard", "2026-1-1.standard.live", "2026-01-01.x.live"]
)
def test_other_folders_are_left_alone(name: str) -> None:
    assert read_folder(name) is None


def test_a_run_too_long_for_a_folder_is_refused() -> None:
    with pytest.raises(StoreError, match="no place for it"):
        shard_of(stored("a", exercise="x" * 101))


POSITIONS = st.builds(Position, st.integers(0, 2**20), st.integers(0, 2**30 - 1), st.integers(0, 2**12 - 1))


@given(POSITIONS, POSITIONS)
def test_packed_positions_come_back_and_sort_alike(one: Position, other: Position) -> None:
    assert unpack(one.pack()) == one
    assert (one < other) == (one.pack() < other.pack())
    assert one.pack() < 2**63
