"""Rules that change while the centre runs are switched on at once; no event is missed or repeated."""

from dataclasses import dataclass
from pathlib import Path

import pytest
from support.session import Analyst
from support.system import RULE, System, eventually

LATE = RULE.replace("Marker", "Late").replace("11111111", "22222222").replace(": marker", ": late")


@dataclass
class Story:
    """Lines written to a system's log, and what became of them."""

    system: System
    analyst: Analyst
    written: int = 0

    def write(self, word: str, lines: int) -> None:
        with self.system.lines.open("a") as file:
            for number in range(self.written, self.written + lines):
                file.write(f"Nov 24 08:00:00 host app[1]: {word} {number}\n")
        self.written += lines

    def reads(self, *, late: int) -> None:
        """Wait until each event is stored once and each rule's signals have been read once."""
        wanted = {"events_stored": self.written, "signals": self.written + late}
        eventually(lambda: wanted.items() <= self.counts().items(), within_s=30, what=f"{wanted}")

    def counts(self) -> dict[str, int]:
        return dict(self.analyst.get("overview")["counts"])

    def says(self, event: str) -> None:
        """Wait for the centre to say *event*, lines being written all the while."""
        eventually(lambda: self._says_or_writes(event), within_s=30, what=event)

    def _says_or_writes(self, event: str) -> bool:
        self.write("marker", 5)
        return event in self.system.log("centre")


@pytest.mark.timeout(120)
def test_a_changed_rule_takes_over_between_two_batches(tmp_path: Path) -> None:
    system = System(tmp_path)
    rule = tmp_path / "rules" / "late.yml"
    try:
        system.start_centre()
        system.enrol()
        system.start_collector()
        story = Story(system, Analyst(system))
        story.write("marker", 100)
        story.reads(late=0)
        rule.write_text(LATE)
        story.says("rules_loaded")
        story.reads(late=0)
        story.write("late marker", 100)
        story.reads(late=100)
        rule.write_text("title: [broken")
        story.says("rules_refused")
        story.write("late marker", 10)
        story.reads(late=110)
        titles = {alert["title"] for alert in story.analyst.get("alerts")["alerts"]}
        assert titles == {"Marker", "Late"}
    finally:
        system.stop_all()
