"""``soc rules``: lists, rules as written, and cases that can fail."""

import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from support.rulings import correlation_text, rule_text

from soc.cli.rules import rules

GOOD = rule_text(
    "{s: {action: login, outcome: failure}, condition: s}",
    title="Login failed",
    name="failed",
    logsource={"product": "linux", "service": "sshd"},
    level="low",
)
COUNT = correlation_text(
    {
        "type": "event_count",
        "rules": "failed",
        "group-by": "src_ip",
        "timespan": "1m",
        "condition": {"gte": 3},
    },
    title="Guessing",
    level="high",
)
LINE = "Mar  2 05:00:01 web1 sshd[1]: Failed password for root from 203.0.113.7 port 22 ssh2"
CASES = f"""
match:
  - {{raw: "{LINE}", format: syslog}}
  - fields: {{action: login, outcome: failure}}
no_match:
  - {{raw: "{LINE.replace("Failed", "Accepted")}"}}
  - {{fields: {{action: login, outcome: failure}}, logsource: {{product: windows}}}}
"""
STORIES = f"""
sequences:
  - name: signals of a named rule
    events: [{{rule: failed, fields: {{src_ip: 203.0.113.7}}, times: 3, every: 20s}}]
    episodes: 1
  - name: lines, with the times of the case
    events:
      - {{raw: "{LINE}", at: +0s, times: 2, every: 1s}}
      - {{raw: "{LINE}", at: +30s}}
    episodes: 1
  - name: two agencies are two groups
    events:
      - {{rule: failed, fields: {{src_ip: 203.0.113.7}}, times: 2}}
      - {{rule: failed, fields: {{src_ip: 203.0.113.7}}, agency: b, at: +5s}}
    episodes: 0
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "failed.yml").write_text(GOOD, encoding="utf-8")
    (tmp_path / "guessing.yml").write_text(COUNT, encoding="utf-8")
    (tmp_path / "failed.cases.yaml").write_text(CASES, encoding="utf-8")
    (tmp_path / "guessing.cases.yaml").write_text(STORIES, encoding="utf-8")
    return tmp_path


def run(*words: object) -> Result:
    return CliRunner().invoke(rules, [str(word) for word in words])


def test_rules_are_listed_by_level(folder: Path) -> None:
    lines = run("list", folder).output.splitlines()
    assert [line.split()[0] for line in lines] == ["level", "high", "low"]
    assert "event_count" in lines[1]
    assert "linux/sshd" in lines[2]


def test_a_rule_is_shown_as_written_and_as_understood(folder: Path) -> None:
    output = run("show", "failed", folder).output
    assert GOOD in output
    assert "# reads action, outcome" in output
    assert "# silent" not in output
    assert "# raises alerts" in run("show", "c", folder).output
    missing = run("show", "gone", folder)
    assert missing.exit_code == 1
    assert "no rule has the id or name 'gone'" in missing.output


def test_cases_that_hold_are_counted(folder: Path) -> None:
    result = run("test", folder)
    assert (result.exit_code, result.output) == (0, "7 cases in 2 files, 0 faults\n")


@pytest.mark.parametrize(
    ("name", "old", "new", "complaint"),
    [
        (
            "failed",
            "outcome: failure}}\n",
            "outcome: success}}\n",
            "failed.cases.yaml:4:5: 'Login failed' does not match",
        ),
        ("failed", "Accepted", "Failed", "failed.cases.yaml:6:5: 'Login failed' matches"),
        ("guessing", "times: 3", "times: 2", "3:5: 0 episodes instead of 1 (signals of a named rule)"),
        ("guessing", "+30s", "+3h", "6:5: 0 episodes instead of 1 (lines, with the times of the case)"),
        ("guessing", "agency: b", "agency: a", "11:5: 1 episodes instead of 0 (two agencies"),
        ("guessing", "rule: failed", "rule: gone", "no rule has the id or name 'gone'"),
    ],
)
def test_a_case_that_does_not_hold_is_located(
    folder: Path, name: str, old: str, new: str, complaint: str
) -> None:
    path = folder / f"{name}.cases.yaml"
    old, new = old.replace("}}", "}"), new.replace("}}", "}")
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")
    result = run("test", folder)
    assert result.exit_code == 1
    assert complaint in result.stderr


def test_a_bad_rule_fails_the_test_of_the_others(folder: Path) -> None:
    (folder / "bad.yml").write_text("title: [", encoding="utf-8")
    result = run("test", folder)
    assert result.exit_code == 1
    assert "bad.yml:2:1" in result.stderr


def test_cases_of_one_file_are_run_alone(folder: Path) -> None:
    assert run("test", folder / "failed.yml").output == "4 cases in 1 files, 0 faults\n"


@pytest.mark.parametrize("verb", [["list"], ["schema", "rule"]])
def test_an_output_without_room_is_one_sentence(verb: list[str]) -> None:
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            [sys.executable, "-c", "from soc.cli import main; main()", "rules", *verb],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
            timeout=60,
        )
    assert (done.returncode, done.stderr) == (1, "Error: output: No space left on device\n")
