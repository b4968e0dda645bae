"""The rule cache gives what reading the rules would, or nothing."""

import os
from pathlib import Path

import pytest

from soc.app.content import house_mappings, read_content
from soc.app.rule_cache import FORMAT, MAX_ENTRIES, RuleCache, key_of
from soc.detection.engine import Engine

RULE = """title: One
id: one
logsource: {product: windows}
detection: {s: {Image|endswith: '\\evil.exe', CommandLine|re: 'a+b'}, condition: s}
level: high
"""


@pytest.fixture
def rules(tmp_path: Path) -> Path:
    folder = tmp_path / "rules"
    folder.mkdir()
    (folder / "one.yml").write_text(RULE)
    return folder


def cache_in(tmp_path: Path, said: list[str]) -> RuleCache:
    return RuleCache(tmp_path / "cache", said.append)


def fill(rules: Path, cache: RuleCache) -> None:
    read_content([rules], house_mappings(), cache).understanding()


def test_what_was_kept_is_what_reading_gives(rules: Path, tmp_path: Path) -> None:
    said: list[str] = []
    cache = cache_in(tmp_path, said)
    fill(rules, cache)
    again = read_content([rules], house_mappings(), cache)
    assert again.rulebook == read_content([rules], house_mappings()).rulebook
    entry = cache.get(key_of([rules], house_mappings()))
    assert entry is not None
    assert entry.databases
    again.understanding()
    assert again.databases.made == entry.databases
    assert said == []


def test_any_change_of_a_rule_is_another_entry(rules: Path, tmp_path: Path) -> None:
    cache = cache_in(tmp_path, [])
    fill(rules, cache)
    (rules / "one.yml").write_text(RULE.replace("title: One", "title: Two"))
    changed = read_content([rules], house_mappings(), cache)
    assert [rule.heading.title for rule in changed.rulebook.rules] == ["Two"]
    (rules / "one.yml").rename(rules / "two.yml")
    moved = read_content([rules], house_mappings(), cache)
    assert moved.rulebook.rules[0].heading.location.path.endswith("two.yml")


@pytest.mark.parametrize(
    "damage",
    [
        lambda data: data[:-1],
        lambda data: data[:-9] + bytes([data[-9] ^ 1]) + data[-8:],
        lambda data: FORMAT.replace(b"1", b"0") + data[len(FORMAT) :],
        lambda _: b"",
    ],
    ids=["cut", "a bit flipped", "of another version", "empty"],
)
def test_a_damaged_entry_is_said_and_made_anew(rules: Path, tmp_path: Path, damage: object) -> None:
    said: list[str] = []
    cache = cache_in(tmp_path, said)
    fill(rules, cache)
    (entry,) = (tmp_path / "cache").iterdir()
    whole = entry.read_bytes()
    assert callable(damage)
    entry.write_bytes(damage(whole))
    fill(rules, cache)
    assert entry.read_bytes() == whole
    assert len(said) == 1
    assert "damaged" in said[0]


def test_a_folder_that_others_may_write_is_not_trusted(rules: Path, tmp_path: Path) -> None:
    said: list[str] = []
    cache = cache_in(tmp_path, said)
    fill(rules, cache)
    folder = tmp_path / "cache"
    assert folder.stat().st_mode & 0o777 == 0o700
    folder.chmod(0o770)
    assert cache.get(key_of([rules], house_mappings())) is None
    assert "0700" in said[0]


def test_a_cache_that_cannot_be_written_stops_nothing(rules: Path, tmp_path: Path) -> None:
    said: list[str] = []
    (tmp_path / "cache").write_text("no folder")
    content = read_content([rules], house_mappings(), cache_in(tmp_path, said))
    assert isinstance(content.understanding().engine, Engine)
    assert said


def test_only_the_newest_entries_stay(rules: Path, tmp_path: Path) -> None:
    cache = cache_in(tmp_path, [])
    for number in range(MAX_ENTRIES + 2):
        (rules / "one.yml").write_text(RULE.replace("title: One", f"title: T{number}"))
        fill(rules, cache)
        for entry in (tmp_path / "cache").iterdir():
            about = entry.stat()
            os.utime(entry, ns=(about.st_atime_ns, about.st_mtime_ns - 10**9))
    assert len(list((tmp_path / "cache").iterdir())) == MAX_ENTRIES
    assert cache.get(key_of([rules], house_mappings())) is not None
