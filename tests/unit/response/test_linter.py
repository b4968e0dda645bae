from collections.abc import Callable
from typing import Any

import pytest
import yaml
from support.playing import CAMPAIGN

from soc.kernel.errors import PlaybookError
from soc.response.linter import MAX_BYTES, check, load
from soc.response.playbook import SOC_EXEC

Change = Callable[[dict[str, Any]], object]
START = "start--5a0d6f0a-2c1b-4e8d-9f3a-6b7c8d9e0f11"
ENRICH = "action--11c2f3a4-5b6d-4e7f-8a90-b1c2d3e4f501"
DECIDE = "if-condition--22d3e4f5-6a7b-4c8d-9e0f-a1b2c3d4e502"
ASK = "action--33e4f5a6-7b8c-4d9e-8f0a-b1c2d3e4f503"
REPORT = "action--44f5a6b7-8c9d-4e0f-9a1b-c2d3e4f5a604"
GONE = "action--99f5a6b7-8c9d-4e0f-9a1b-c2d3e4f5a699"


def found(*changes: Change) -> list[str]:
    """Return the faults of the campaign's playbook after *changes* to it."""
    document = yaml.safe_load(CAMPAIGN.read_text(encoding="utf-8"))
    for change in changes:
        change(document)
    return check(yaml.safe_dump(document))[1]


def run_of(document: dict[str, Any], step: str) -> dict[str, Any]:
    extension: dict[str, Any] = document["workflow"][step]["step_extensions"][SOC_EXEC]
    return extension


def test_the_playbook_of_the_house_has_no_fault() -> None:
    assert found() == []


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        (lambda d: d["workflow"][DECIDE].update(on_true=GONE), f"workflow.{DECIDE}.on_true: no step {GONE}"),
        (lambda d: d.update(workflow_start=ENRICH), f"workflow_start: {ENRICH} is no start step"),
        (lambda d: d.update(workflow_exception=GONE), f"workflow_exception: no step {GONE}"),
        (
            lambda d: d["workflow"][START].update(on_completion=DECIDE),
            f"workflow.{ENRICH}: no way leads here",
        ),
        (
            lambda d: d["playbook_variables"].pop("__level__"),
            f"workflow.{REPORT}: variable __level__ is not in",
        ),
        (
            lambda d: d["playbook_variables"].pop("__layer_count__"),
            f"workflow.{DECIDE}: variable __layer_count__",
        ),
        (lambda d: d["playbook_variables"]["__layer_count__"].update(type="string"), "enrich gives integer"),
        (lambda d: d["workflow"][REPORT].pop("timeout"), f"workflow.{REPORT}.timeout: missing"),
        (lambda d: run_of(d, REPORT).pop("idempotency_key"), "(external) needs an idempotency_key"),
        (
            lambda d: d["workflow"][REPORT]["commands"][0]["args"].pop("tlp"),
            "commands.0.args.tlp: one of clear",
        ),
        (lambda d: d["workflow"][REPORT]["commands"][0]["args"].update(tlp="red"), "commands.0.args.tlp"),
        (
            lambda d: run_of(d, ENRICH).update(side_effect="destructive", idempotency_key="run-step"),
            "destructive",
        ),
        (lambda d: run_of(d, ASK).pop("approval"), f"workflow.{ASK}: a manual step says"),
        (
            lambda d: run_of(d, ASK)["approval"].update(step=ASK),
            f"approval.step {ASK} is no step with a soc-",
        ),
        (
            lambda d: d["workflow"][DECIDE].update(condition="__x__ ="),
            f"workflow.{DECIDE}.condition: condition",
        ),
        (lambda d: d["workflow"][DECIDE].update(on_false=ENRICH), "lead back to themselves"),
        (lambda d: d["workflow"][REPORT].update(on_completion=ASK), "either on_completion or on_success"),
        (
            lambda d: d["workflow"][ENRICH].update(nonsense=1),
            f"workflow.{ENRICH}.action.nonsense: Extra inputs",
        ),
        (lambda d: d["workflow"][ENRICH]["commands"][0].update(type="bash"), "Input tag 'bash'"),
        (
            lambda d: run_of(d, ENRICH)["retry"].update(max_attempts=1000),
            "retry.max_attempts: Input should be",
        ),
        (lambda d: d.update(spec_version="cacao-1.0"), "spec_version: Input should be 'cacao-2.0'"),
    ],
)
def test_a_fault_is_found_with_its_key(change: Change, fault: str) -> None:
    assert any(fault in line for line in found(change)), found(change)


def test_a_destructive_step_that_somebody_is_asked_about_is_accepted() -> None:
    assert found(lambda d: run_of(d, REPORT).update(side_effect="destructive")) == []


def test_every_fault_is_said_at_once() -> None:
    faults = found(
        lambda d: d["workflow"][REPORT].pop("timeout"),
        lambda d: run_of(d, REPORT).pop("idempotency_key"),
        lambda d: d["workflow"][DECIDE].update(on_false=GONE),
    )
    assert len(faults) == 3


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "a: [",
        "!!python/object:os.system {}",
        "x" * (MAX_BYTES + 1),
        "\x00",
        "[" * 50_000,
        "created: 2026-99-99",
    ],
)
def test_what_is_no_playbook_is_said_so(text: str) -> None:
    playbook, faults = check(text)
    assert playbook is None
    assert faults


def test_loading_names_the_file_in_every_line() -> None:
    with pytest.raises(PlaybookError, match=r"(?m)^broken\.yaml: type: Field required$"):
        load("{}", "broken.yaml")
