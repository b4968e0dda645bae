"""``soc rules mutate``: what no case would miss is named with its place."""

from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from support.rulings import correlation_text, rule_text

from soc.cli.rules import rules

RULE = rule_text(
    {"s": {"kind": "login", "user": "root"}, "f": {"src": "10.0.0.1"}, "condition": "s and not f"},
    title="Root",
    name="root",
)
NO_MATCH = """
  - fields: {kind: logout, user: root}
  - fields: {kind: login, user: an}
  - fields: {kind: login, user: root, src: 10.0.0.1}
"""
CHAIN = correlation_text(
    {
        "type": "event_count",
        "rules": ["root"],
        "timespan": "1m",
        "group-by": ["host"],
        "condition": {"gte": 2},
    },
    title="Often",
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "root.yml").write_text(RULE, encoding="utf-8")
    cases(tmp_path, "match: [{fields: {kind: login, user: root}}]\nno_match:" + NO_MATCH)
    return tmp_path


def cases(folder: Path, text: str) -> None:
    (folder / "root.cases.yaml").write_text(text, encoding="utf-8")


def mutate(*words: object) -> Result:
    return CliRunner().invoke(rules, ["mutate", *map(str, words)])


def test_cases_that_notice_everything_are_enough(folder: Path) -> None:
    result = mutate(folder)
    assert (result.exit_code, result.output) == (0, "1 files, 0 parts that no case would miss\n")


@pytest.mark.parametrize(
    ("dropped", "named"),
    [
        ("  - fields: {kind: logout, user: root}\n", "item 'kind'"),
        ("  - fields: {kind: login, user: an}\n", "item 'user'"),
        ("  - fields: {kind: login, user: root, src: 10.0.0.1}\n", "'not f' in the condition"),
    ],
)
def test_a_part_that_no_case_would_miss_is_named_and_located(folder: Path, dropped: str, named: str) -> None:
    assert dropped in NO_MATCH
    cases(folder, "match: [{fields: {kind: login, user: root}}]\nno_match:" + NO_MATCH.replace(dropped, ""))
    result = mutate(folder)
    assert result.exit_code == 1
    (line, _) = result.output.splitlines()
    assert line.startswith(f"{folder}/root.yml:")
    assert line.endswith(f": 'Root' without {named}: no case notices")


def test_values_of_lists_are_tried_when_asked_for(folder: Path) -> None:
    (folder / "root.yml").write_text(RULE.replace("user: root", "user: [root, admin]"), encoding="utf-8")
    assert mutate(folder).exit_code == 0
    result = mutate(folder, "--values")
    assert result.exit_code == 1
    assert "'Root' without value 'admin': no case notices" in result.output


def test_stories_of_a_correlation_must_notice_too(folder: Path) -> None:
    (folder / "often.yml").write_text(CHAIN, encoding="utf-8")
    (folder / "often.cases.yaml").write_text(
        "sequences:\n"
        "  - events: [{rule: root, fields: {host: h}, times: 2}]\n    episodes: 1\n"
        "  - events: [{rule: root, fields: {host: h}}]\n    episodes: 0\n"
        "  - events: [{rule: root, fields: {host: h}}, {rule: root, fields: {host: i}}]\n    episodes: 0\n"
        "  - events: [{rule: root, fields: {host: h}}, {rule: root, fields: {host: h}, agency: b}]\n"
        "    episodes: 0\n",
        encoding="utf-8",
    )
    result = mutate(folder)
    assert result.exit_code == 1
    (line, _) = result.output.splitlines()
    assert line.endswith(": 'Often' without the timespan: no case notices")


def test_nothing_is_left_out_while_cases_fail(folder: Path) -> None:
    cases(folder, "match: [{fields: {kind: logout}}]\n")
    result = mutate(folder)
    assert result.exit_code == 1
    assert "'Root' does not match" in result.output
    assert "until: soc rules test" in result.output


def test_what_was_not_tried_in_time_is_said(folder: Path) -> None:
    result = mutate(folder, "--seconds", "0")
    assert result.exit_code == 1
    assert "1 of 1 files not tried" in result.output


@pytest.mark.parametrize("text", [None, "match: []\n"])
def test_rules_without_any_case_were_not_asked(folder: Path, text: str | None) -> None:
    (folder / "root.cases.yaml").unlink()
    if text is not None:
        cases(folder, text)
    result = mutate(folder)
    assert (result.exit_code, result.output) == (1, "Error: 1 rules have no cases: nothing was asked\n")


def test_a_folder_named_as_a_case_file_is_a_fault(folder: Path) -> None:
    (folder / "other.cases.yaml").mkdir()
    for verb in ("mutate", "test"):
        result = CliRunner().invoke(rules, [verb, str(folder)])
        assert result.exit_code == 1
        assert result.output == f"Error: {folder}/other.cases.yaml: cannot be read: it is a folder\n"
