"""``soc rules check``: faults all at once with an exit code, warnings that are grouped when they are many."""

from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from support.rulings import rule_text

from soc.cli.rules import rules
from soc.cli.rules_check import is_ours
from soc.cli.rules_given import house_rules

ABOUT = {
    "author": "SOC",
    "level": "low",
    "description": "words",
    "falsepositives": ["none"],
    "tags": ["attack.t1110"],
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write(tmp_path, "failed", "{s: {action: login, user: root}, condition: s}")
    return tmp_path


def write(folder: Path, name: str, detection: str, **more: object) -> None:
    source = {"logsource": {"product": "linux", "service": "sshd"}}
    text = rule_text(detection, **{**ABOUT, "id": name, **source, **more})
    (folder / f"{name}.yml").write_text(text, encoding="utf-8")


def run(*words: object) -> Result:
    return CliRunner().invoke(rules, ["check", *map(str, words)])


def test_good_rules_are_counted(folder: Path) -> None:
    result = run(folder)
    assert (result.exit_code, result.output) == (
        0,
        "1 rules and 0 correlations are good, 0 faults, 0 warnings\n",
    )


def test_every_fault_is_said_with_its_place_and_exit_1(folder: Path) -> None:
    (folder / "bad.yml").write_text("title: [", encoding="utf-8")
    write(folder, "worse", "{s: {a|bad: x}, condition: s}")
    result = run(folder)
    assert result.exit_code == 1
    assert f"error: {folder}/bad.yml:2:1: YAML" in result.stderr
    assert "unknown modifier 'bad'" in result.stderr
    assert "2 faults" in result.stdout


def test_what_the_house_wants_is_a_warning_only(folder: Path) -> None:
    write(folder, "odd", "{s: {action: x}, condition: s}", logsource={"product": "odd"})
    write(folder, "poor", "{s: {nothing: x}, condition: s}", author="")
    result = run(folder)
    assert result.exit_code == 0
    assert f"warning: {folder}/odd.yml:1:1: no mapping knows the log source product: odd" in result.stderr
    assert f"warning: {folder}/poor.yml:1:1: author is missing" in result.stderr
    assert f"warning: {folder}/poor.yml:1:1: the mapping of linux knows no field 'nothing'" in result.stderr
    assert "3 warnings" in result.stdout


def test_cases_are_asked_of_the_house_or_when_asked_for(folder: Path) -> None:
    assert "no cases" not in run(folder).stderr
    assert (
        f"{folder}/failed.yml:1:1: no cases; wanted beside it: failed.cases.yaml"
        in run(folder, "--house").stderr
    )
    (folder / "failed.cases.yaml").write_text("match: []\n", encoding="utf-8")
    assert "no cases" not in run(folder, "--house").stderr


def test_the_house_rules_are_without_fault_and_warning() -> None:
    result = run(house_rules())
    assert (result.exit_code, result.stderr) == (0, "")


def test_many_warnings_are_told_by_kind_unless_all_are_wanted(folder: Path) -> None:
    for number in range(60):
        write(folder, f"r{number}", f"{{s: {{odd{number % 7}: x}}, condition: s}}", author="")
    result = run(folder)
    assert "warnings about author: 60\n      60 × author is missing; first: " in result.stderr
    assert "warnings about field: 60\n       9 × the mapping of linux knows no field 'odd0'" in result.stderr
    assert "… 2 other messages (--all)" in result.stderr
    assert len(result.stderr.splitlines()) == 9
    assert len(run(folder, "--all").stderr.splitlines()) == 120


def test_a_path_that_is_not_there_is_said() -> None:
    assert run("/nowhere").exit_code == 2


def test_packages_lie_beside_the_house_and_are_none_of_it(tmp_path: Path) -> None:
    assert is_ours(tmp_path / "layer1" / "a.yml", tmp_path)
    assert not is_ours(tmp_path / "packages" / "sigmahq" / "a.yml", tmp_path)
    assert not is_ours(Path("/elsewhere/a.yml"), tmp_path)


def test_where_there_is_no_rule_at_all_the_check_fails(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("words", encoding="utf-8")
    result = run(tmp_path)
    assert (result.exit_code, result.output.splitlines()) == (
        1,
        [
            f"warning: {tmp_path}: no rule found",
            "0 rules and 0 correlations are good, 0 faults, 1 warnings",
        ],
    )


def test_filters_alone_are_something_to_check(tmp_path: Path) -> None:
    text = "title: F\nid: f\nlogsource: {product: linux}\nfilter: {rules: any, s: {a: x}, condition: not s}\n"
    (tmp_path / "filter.yml").write_text(text, encoding="utf-8")
    result = run(tmp_path)
    assert "no rule found" not in result.output
    assert result.exit_code == 0
