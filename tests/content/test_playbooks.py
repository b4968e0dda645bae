"""Every playbook of the house does in each of its cases what the case says."""

from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import msgspec
import pytest
from support.playing import FOLDER, Play, subject

from soc.model.alert import Severity
from soc.model.identity import Layer
from soc.response.linter import load

SUFFIX = ".cases.yaml"


class About(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the alert is like."""

    level: Severity
    layers: tuple[Layer, ...]
    agencies: tuple[str, ...]
    group: dict[str, str]


class Expected(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How the run ends (``none``: there is no run), and what it sends."""

    outcome: Literal["none", "succeeded", "failed", "refused"]
    reports: int
    sent: dict[str, str] = {}


class Case(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One story: what people and the national centre do."""

    name: str
    alert: About
    expect: Expected
    answer: Literal["approve", "refuse", ""] = ""
    receipt: bool = False
    wait_ms: int = 0


def playbooks() -> list[Path]:
    return sorted(path for path in FOLDER.glob("*.yaml") if not path.name.endswith(SUFFIX))


def cases() -> Iterator[object]:
    for path in playbooks():
        data = path.with_suffix(SUFFIX).read_bytes()
        for case in msgspec.yaml.decode(data, type=list[Case]):
            yield pytest.param(path, case, id=f"{path.stem}: {case.name}")


@pytest.mark.parametrize("path", playbooks(), ids=lambda path: path.stem)
def test_every_playbook_has_cases_in_which_it_ends_well_and_in_which_it_does_not(path: Path) -> None:
    found = msgspec.yaml.decode(path.with_suffix(SUFFIX).read_bytes(), type=list[Case])
    assert {"succeeded", "failed"} <= {case.expect.outcome for case in found}


@pytest.mark.parametrize(("path", "case"), list(cases()))
def test_a_playbook_does_what_its_case_says(path: Path, case: Case) -> None:
    playbook = load(path.read_text(encoding="utf-8"), path.name)
    about = subject(
        level=case.alert.level,
        layers=case.alert.layers,
        agencies=case.alert.agencies,
        group=tuple(case.alert.group.items()),
    )
    play = Play(playbook, about)
    if not playbook.run.trigger.fires(about.rule_id, about.level):
        assert case.expect.outcome == "none"
        return
    play.go()
    if case.answer:
        play.answer(yes=case.answer == "approve")
    if case.receipt:
        play.receipt()
    play.later(case.wait_ms)
    assert (play.run.outcome, len(play.reports())) == (case.expect.outcome, case.expect.reports)
    sent = play.commands[-1].args
    assert {name: sent.get(name) for name in case.expect.sent} == case.expect.sent
