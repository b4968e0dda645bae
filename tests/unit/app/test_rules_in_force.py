"""The rules in force outlive whatever their files become."""

import asyncio
import io
import os
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from soc.app.content import Content, house_mappings, read_content
from soc.app.rule_cache import RuleCache, key_of
from soc.app.rules_in_force import RulesInForce
from soc.kernel.clock import SystemClock
from soc.kernel.errors import ConfigError
from soc.kernel.logs import open_log

RULE = """title: One
id: one
logsource: {product: windows}
detection: {s: {Image: a}, condition: s}
level: high
"""


@pytest.fixture
def rules(tmp_path: Path) -> Path:
    folder = tmp_path / "rules"
    folder.mkdir()
    (folder / "one.yml").write_text(RULE)
    return folder


class Said(io.StringIO):
    """A log that tells when *wanted* was written to it."""

    def __init__(self, wanted: str) -> None:
        super().__init__()
        self._wanted = wanted
        self.heard = threading.Event()

    def write(self, text: str) -> int:
        if self._wanted in text:
            self.heard.set()
        return super().write(text)


def after(
    rules: Path, change: Callable[[Path], object], wanted: str, mappings: Path | None = None
) -> RulesInForce:
    """What is in force when the log has said *wanted* of a *change*."""
    said = Said(wanted)
    found = RulesInForce([rules], mappings or house_mappings(), rules.parent / "cache", open_log(said))

    async def announce(_: Content) -> None:
        await asyncio.sleep(0)

    async def story() -> None:
        watching = asyncio.create_task(found.watch(announce, SystemClock()))
        heard = asyncio.create_task(asyncio.to_thread(said.heard.wait, 30))
        change(rules)
        await asyncio.wait({watching, heard}, return_when=asyncio.FIRST_COMPLETED)
        assert not watching.done(), watching
        assert said.heard.is_set(), said.getvalue()
        watching.cancel()

    asyncio.run(story())
    return found


def titles(found: RulesInForce) -> list[str]:
    return [rule.heading.title for rule in found.rulebook.rules]


def test_a_changed_rule_takes_over(rules: Path) -> None:
    found = after(rules, lambda at: (at / "one.yml").write_text(RULE.replace("One", "Two")), "rules_loaded")
    assert titles(found) == ["Two"]
    assert found.understanding.engine.rules[0].heading.title == "Two"


@pytest.mark.parametrize(
    "change",
    [
        lambda at: (at / "loop.yml").symlink_to("loop.yml"),
        lambda at: (at / "two.yml").write_text("title: [broken"),
        lambda at: at.rename(at.with_name("elsewhere")),
    ],
    ids=["a loop of links", "a broken rule", "no folder"],
)
def test_what_cannot_be_used_is_said_and_the_old_rules_stay(
    rules: Path, change: Callable[[Path], object]
) -> None:
    assert titles(after(rules, change, "rules_refused")) == ["One"]


def test_a_name_that_is_no_utf_8_stops_nothing(rules: Path) -> None:
    name = os.path.join(os.fsencode(rules), b"\xff\xfe.yml")  # noqa: PTH118 - bytes
    found = after(
        rules,
        lambda _: Path(os.fsdecode(name)).write_text(RULE.replace("one", "two").replace("One", "Two")),
        "rules_loaded",
    )
    assert titles(found) == ["One", "Two"]


def test_mapping_data_that_is_no_text_is_said(rules: Path, tmp_path: Path) -> None:
    mappings = tmp_path / "mappings"
    mappings.mkdir()
    for path in house_mappings().glob("*.yml"):
        (mappings / path.name).write_bytes(path.read_bytes())
    spoil = mappings / "entities.yml"
    found = after(rules, lambda _: spoil.write_bytes(b"\xff" + spoil.read_bytes()), "rules_refused", mappings)
    assert titles(found) == ["One"]
    with pytest.raises(ConfigError, match="mapping data"):
        read_content([rules], mappings)


def test_rules_saved_while_they_are_read_are_not_kept_as_what_they_were(
    rules: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache = RuleCache(tmp_path / "cache", print)
    before = key_of([rules], house_mappings())
    real = Path.read_text

    def saved_meanwhile(path: Path, *args: str, **options: str) -> str:
        if path.name == "one.yml":
            path.write_text(RULE.replace("One", "Two"))
        return real(path, *args, **options)

    monkeypatch.setattr(Path, "read_text", saved_meanwhile)
    content = read_content([rules], house_mappings(), cache)
    content.understanding()
    assert cache.get(before) is None
