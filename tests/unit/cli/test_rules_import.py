"""``soc rules import`` and ``diff``: a package comes, changes and is overridden."""

import json
import zipfile
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from support.rulings import rule_text

from soc.cli.rules import rules
from soc.cli.scan import scan

DETECTION = "{s: {a: x}, condition: s}"


def package(tmp_path: Path, **levels: str) -> Path:
    path = tmp_path / "sigma-master.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("sigma-master/LICENSE", "Detection Rule License (DRL) 1.1")
        for name, level in levels.items():
            text = rule_text(DETECTION, id=name, title=f"Rule {name}", level=level, author="Ann")
            archive.writestr(f"sigma-master/rules/{name}.yml", text)
    return path


@pytest.fixture
def into(tmp_path: Path) -> Path:
    folder = tmp_path / "rules"
    folder.mkdir()
    return folder


def run(*words: object) -> Result:
    return CliRunner().invoke(rules, [str(word) for word in words])


def test_a_package_is_imported_and_what_an_import_changed_is_counted(tmp_path: Path, into: Path) -> None:
    first = run(
        "import", package(tmp_path, a="low", b="low"), "--as", "sigmahq", "--into", into, "--version", "r1"
    )
    assert first.exit_code == 0
    assert f"{into}/packages/sigmahq: 2 rule files, version r1, licence DRL-1.1" in first.output
    second = run("import", package(tmp_path, b="high", c="low"), "--as", "sigmahq", "--into", into)
    assert "1 added, 1 changed, 1 removed" in second.output
    assert "2 rules and 0 correlations are good" in run("check", into).output


def test_a_diff_names_every_rule_and_changes_nothing(tmp_path: Path, into: Path) -> None:
    run("import", package(tmp_path, a="low", b="low"), "--as", "sigmahq", "--into", into)
    result = run("diff", "sigmahq", package(tmp_path, b="high", c="low"), "--into", into)
    assert result.exit_code == 1
    assert result.output.splitlines() == [
        "added    Rule c (c)",
        "changed  Rule b (b): level: 'low' → 'high'",
        "removed  Rule a (a)",
        "1 added, 1 changed, 1 removed",
    ]
    same = run("diff", "sigmahq", package(tmp_path, a="low", b="low"), "--into", into)
    assert (same.exit_code, same.output) == (0, "0 added, 0 changed, 0 removed\n")


def test_many_changes_are_counted_unless_all_are_wanted(tmp_path: Path, into: Path) -> None:
    run("import", package(tmp_path, a="low"), "--as", "sigmahq", "--into", into)
    many = package(tmp_path, a="low", **{f"n{number}": "low" for number in range(60)})
    assert "… 10 more added (--all)" in run("diff", "sigmahq", many, "--into", into).output
    assert len(run("diff", "sigmahq", many, "--into", into, "--all").output.splitlines()) == 61


def test_overrides_survive_the_next_import_and_apply_when_rules_are_loaded(
    tmp_path: Path, into: Path
) -> None:
    run("import", package(tmp_path, a="low", b="low"), "--as", "sigmahq", "--into", into)
    (into / "overrides.yml").write_text(
        "overrides:\n"
        "  - {rule: a, level: critical, reason: here it matters}\n"
        "  - {rule: b, disabled: true, reason: too many}\n"
        "  - {rule: gone, disabled: true, reason: x}\n"
        "  - {rule: c}\n",
        encoding="utf-8",
    )
    run("import", package(tmp_path, a="medium", b="low"), "--as", "sigmahq", "--into", into)
    lines = run("list", into).output.splitlines()
    assert [line.split()[:3] for line in lines[1:]] == [["critical", "Rule", "a"]]
    checked = run("check", into)
    assert checked.exit_code == 1
    assert f"warning: {into}/overrides.yml:4:5: override of 'gone', which no rule is called" in checked.stderr
    assert f"error: {into}/overrides.yml:5:5: reason: Field required" in checked.stderr


def test_what_cannot_be_imported_is_said_in_a_line(tmp_path: Path, into: Path) -> None:
    source = package(tmp_path, a="low")
    assert "accepted: lower-case" in run("import", source, "--as", "../x", "--into", into).output
    assert (
        "holds no Sigma rule in gone"
        in run("import", source, "--as", "x", "--into", into, "--only", "gone").output
    )
    missing = run("diff", "x", source, "--into", into)
    assert missing.exit_code == 1
    assert "no package 'x'" in missing.output


def test_what_a_scan_finds_by_a_package_names_author_and_licence(tmp_path: Path, into: Path) -> None:
    run("import", package(tmp_path, a="low"), "--as", "sigmahq", "--into", into)
    events = tmp_path / "events.ndjson"
    events.write_text('{"a": "x"}\n', encoding="utf-8")
    words = [str(events), "--rules", str(into), "--no-routing"]
    line = json.loads(CliRunner().invoke(scan, [*words, "--json"]).stdout)
    assert line["rule"] == {
        "id": "a",
        "title": "Rule a",
        "level": "low",
        "author": "Ann",
        "licence": "DRL-1.1",
    }
    assert "rule: Rule a by Ann, DRL-1.1 (a)" in CliRunner().invoke(scan, words).stdout


def test_a_folder_that_was_edited_is_only_replaced_when_told_so(tmp_path: Path, into: Path) -> None:
    words = ["import", package(tmp_path, a="low"), "--as", "sigmahq", "--into", into]
    run(*words)
    rule = into / "packages" / "sigmahq" / "rules" / "a.yml"
    before = rule.read_text(encoding="utf-8")
    rule.write_text(before + "# mine\n", encoding="utf-8")
    refused = run(*words)
    assert refused.exit_code == 1
    assert "was edited after its import; use overrides.yml, and import with --replace" in refused.output
    assert run(*words, "--replace").exit_code == 0
    assert rule.read_text(encoding="utf-8") == before


def test_a_filter_of_an_override_works_when_rules_are_loaded(tmp_path: Path, into: Path) -> None:
    run("import", package(tmp_path, a="low"), "--as", "sigmahq", "--into", into)
    (into / "overrides.yml").write_text(
        "overrides: [{rule: a, reason: x, filter: {t: {host: bak}, condition: not t}}]\n", encoding="utf-8"
    )
    event = tmp_path / "event.json"
    event.write_text('{"a": "x", "host": "bak"}', encoding="utf-8")
    lines = run("explain", "a", event, "--rules", into, "--logsource", "product=test").output.splitlines()
    assert lines[0].endswith("does not match")
    assert "false    not" in lines
