"""``soc rules explain``: the tree of a rule's condition over one record, from a file or a pipe."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from support.rulings import rule_text

from soc.cli.rules import rules

LINE = "Mar  2 05:00:01 web1 sshd[1]: Failed password for root from 203.0.113.7 port 22 ssh2"


@pytest.fixture
def line(tmp_path: Path) -> Path:
    path = tmp_path / "line.log"
    path.write_text(LINE + "\n" + LINE.replace("Failed", "Accepted") + "\n", encoding="utf-8")
    return path


def explain(*words: object, text: str | None = None) -> Result:
    return CliRunner().invoke(rules, ["explain", *map(str, words)], input=text)


def test_a_house_rule_is_explained_over_a_log_line(line: Path) -> None:
    result = explain("ssh_login_failure", line)
    assert result.exit_code == 0
    heading, source, *tree = result.output.splitlines()
    assert heading.startswith("SSH Login Failure (")
    assert heading.endswith("ssh_login_failure.yml:1:1): matches")
    assert source.startswith("true   the rule's log source product=linux service=sshd covers the event's")
    assert tree == [
        "true   selection: all of",
        "true     action is 'login'; seen: 'login'",
        "true     outcome is 'failure'; seen: 'failure'",
    ]


def test_another_record_of_the_file_is_chosen_by_its_number(line: Path) -> None:
    output = explain("ssh_login_failure", line, "--record", 2).output
    assert "does not match" in output
    assert "false    outcome is 'failure'; seen: 'success'" in output
    missing = explain("ssh_login_failure", line, "--record", 9)
    assert missing.exit_code == 1
    assert "has no record 9" in missing.output


def test_a_record_comes_through_a_pipe_and_its_log_source_is_told(tmp_path: Path) -> None:
    rule = tmp_path / "r.yml"
    detection = "{cmd: {CommandLine|contains: -enc}, who: {User: root}, condition: cmd and not who}"
    rule.write_text(rule_text(detection, logsource={"product": "windows", "category": "x"}), encoding="utf-8")
    event = json.dumps({"CommandLine": "powershell -nop"})
    output = explain(rule, "-", "--logsource", "product=windows,category=x", text=event).output
    assert "false    cmd: CommandLine contains '-enc'; seen: 'powershell -nop'" in output
    assert "false      who: User is 'root'; the event has no such field" in output
    wrong = explain(rule, "-", "--logsource", "prod=windows", text=event)
    assert wrong.exit_code == 2
    assert "accepted: product=…,category=…,service=…" in wrong.output


def test_json_is_one_object_a_rule(line: Path) -> None:
    found = json.loads(explain("ssh_login_failure", line, "--json").output)
    assert (found["matches"], found["applies"], found["condition"]["name"]) == (True, True, "selection")
    assert found["rule"]["title"] == "SSH Login Failure"


def test_long_lists_show_what_tells_most(tmp_path: Path) -> None:
    rule = tmp_path / "r.yml"
    values = [f"v{number}" for number in range(30)]
    rule.write_text(rule_text({"s": {"f": values}, "condition": "s"}), encoding="utf-8")
    event = json.dumps({"f": "v29"})
    lines = explain(rule, "-", text=event).output.splitlines()
    assert lines[3] == "true     f is 'v29'; seen: 'v29'"
    assert lines[-1].strip() == "… 18 more (--all)"
    assert len(explain(rule, "-", "--all", text=event).output.splitlines()) == 33


def test_a_correlation_names_the_rules_that_can_be_explained(line: Path) -> None:
    result = explain("mail_password_guessing", line)
    assert result.exit_code == 1
    assert "explain one of them: 6d0b7a4e" in result.output


def test_a_rule_that_is_not_there_and_an_empty_file_are_said(line: Path, tmp_path: Path) -> None:
    assert "no rule has the id or name 'gone'" in explain("gone", line).output
    empty = tmp_path / "empty.log"
    empty.write_text("", encoding="utf-8")
    assert "has no record" in explain("ssh_login_failure", empty).output


def test_log_lines_do_not_steer_the_terminal() -> None:
    assert "\x1b" not in explain("ssh_login_failure", "-", text=LINE.replace("root", "\x1b[31mroot")).output


def test_of_a_rule_file_that_cannot_be_used_the_faults_are_said(tmp_path: Path, line: Path) -> None:
    broken = tmp_path / "broken.yml"
    broken.write_text("title: [\n", encoding="utf-8")
    result = explain(broken, line)
    assert result.exit_code == 1
    assert result.output.startswith(f"Error: {broken}:2:1: YAML: ")
