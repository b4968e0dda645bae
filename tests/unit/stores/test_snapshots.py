from pathlib import Path

import pytest

from soc.kernel.errors import StoreBusy
from soc.ports.snapshots import SnapshotStore
from soc.stores.snapshots import FileSnapshots, MemorySnapshots


@pytest.fixture(params=["file", "memory"])
def snapshots(request: pytest.FixtureRequest, tmp_path: Path) -> SnapshotStore:
    return FileSnapshots(tmp_path / "ledger.snapshot") if request.param == "file" else MemorySnapshots()


async def test_there_is_none_at_first(snapshots: SnapshotStore) -> None:
    assert await snapshots.load() is None


async def test_the_newest_is_given_back(snapshots: SnapshotStore) -> None:
    await snapshots.save(b"old and longer")
    await snapshots.save(b"new")
    assert await snapshots.load() == b"new"


async def test_a_crash_while_writing_leaves_the_old_one(tmp_path: Path) -> None:
    snapshots = FileSnapshots(tmp_path / "ledger.snapshot")
    await snapshots.save(b"old")
    (tmp_path / "ledger.tmp").write_bytes(b"half of the n")
    assert await snapshots.load() == b"old"
    await snapshots.save(b"new")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["ledger.snapshot"]  # noqa: ASYNC240


async def test_a_snapshot_that_cannot_be_written_leaves_the_old_one(tmp_path: Path) -> None:
    snapshots = FileSnapshots(tmp_path / "there" / "x.snapshot")
    with pytest.raises(StoreBusy, match="there"):
        await snapshots.save(b"new")
    assert await snapshots.load() is None
