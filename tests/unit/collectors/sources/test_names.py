import os
from pathlib import Path

import pytest

from collectors.sources.names import LISTED_AGAIN, MAX_FILES, Named, Names


def names(*patterns: Path | str, packed: bool = True) -> Names:
    return Names(tuple(str(pattern) for pattern in patterns), packed=packed)


def found(looked: tuple[list[Named], str]) -> list[str]:
    return [Path(file.path).name for file in looked[0]]


def test_patterns_lead_to_regular_files_each_once(tmp_path: Path) -> None:
    for name in ("b.log", "a.log", "c.txt", "d/e.log"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    (tmp_path / "folder.log").mkdir()
    os.link(tmp_path / "a.log", tmp_path / "z.log")
    looked = names(
        tmp_path / "*.log", tmp_path / "a.log", tmp_path / "**" / "e.log", tmp_path / "none"
    ).look()
    assert found(looked) == ["a.log", "b.log", "e.log"]


@pytest.mark.parametrize(("packed", "expected"), [(True, ["a.log", "a.log.gz"]), (False, ["a.log"])])
def test_only_what_can_be_unpacked_counts(tmp_path: Path, packed: bool, expected: list[str]) -> None:
    for name in ("a.log", "a.log.gz", "a.log.xz", "a.log.bz2", "a.log.zst"):
        (tmp_path / name).touch()
    assert found(names(tmp_path / "a.log*", packed=packed).look()) == expected


def test_files_come_and_go_between_looks(tmp_path: Path) -> None:
    looking = names(tmp_path / "*")
    for number in range(6):
        (tmp_path / f"{number}").touch()
        assert len(found(looking.look())) == number + 1
    looking.look()
    looking.look()
    (tmp_path / "0").unlink()
    (tmp_path / "5").rename(tmp_path / "6")
    assert found(looking.look()) == ["1", "2", "3", "4", "6"]


def test_a_folder_that_tells_the_same_time_is_listed_now_and_then(tmp_path: Path) -> None:
    looking = names(tmp_path / "*")
    assert found(looking.look()) == []
    told = tmp_path.stat().st_mtime_ns
    (tmp_path / "a").touch()
    os.utime(tmp_path, ns=(told, told))
    for _ in range(2):
        assert found(looking.look()) == ["a"]
    (tmp_path / "b").touch()
    os.utime(tmp_path, ns=(told, told))
    assert found(looking.look()) == ["a"]
    assert ["a", "b"] in [found(looking.look()) for _ in range(LISTED_AGAIN)]


def test_a_folder_may_come_later(tmp_path: Path) -> None:
    looking = names(tmp_path / "later" / "*.log")
    assert found(looking.look()) == []
    (tmp_path / "later").mkdir()
    (tmp_path / "later" / "a.log").touch()
    assert found(looking.look()) == ["a.log"]


def test_too_many_files_are_told(tmp_path: Path) -> None:
    target = tmp_path / "target"
    target.touch()
    for number in range(MAX_FILES + 2):
        os.link(target, tmp_path / f"{number:05}.log")
    files, beyond = names(tmp_path / "*.log").look()
    assert (len(files), Path(beyond).name) == (1, f"{MAX_FILES:05}.log")
