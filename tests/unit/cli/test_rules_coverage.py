"""``soc rules coverage``: a table for people, a layer for the Navigator."""

import json
from pathlib import Path

from click.testing import CliRunner

from soc.cli.rules import rules

HOUSE = sum(path.parts[-2] != "mappings" for path in (Path(__file__).parents[3] / "rules").rglob("*.yml"))


def run(*words: object) -> str:
    result = CliRunner().invoke(rules, ["coverage", *map(str, words)])
    assert result.exit_code == 0
    return result.output


def test_the_table_goes_by_tactic_and_technique() -> None:
    lines = run().splitlines()
    assert lines[0].split() == ["tactic", "technique", "rules", "titles"]
    assert lines[1].split()[:3] == ["credential-access", "T1078", "3"]
    assert any(f"techniques of {HOUSE} rules" in line for line in lines)
    assert any("silent: raise no alert of their own" in line for line in lines)


def test_the_layer_is_written_to_a_file_or_the_output(tmp_path: Path) -> None:
    path = tmp_path / "layer.json"
    assert f"techniques of {HOUSE} rules" in run("--json", path, "--name", "Tỉnh")
    layer = json.loads(path.read_text(encoding="utf-8"))
    assert layer["name"] == "Tỉnh"
    assert layer == json.loads(run("--json", "-", "--name", "Tỉnh"))


def test_a_layer_that_cannot_be_written_is_one_sentence() -> None:
    for path, reason in (("/dev/full", "No space left on device"), ("/proc/x", "No such file or directory")):
        result = CliRunner().invoke(rules, ["coverage", "--json", path])
        assert (result.exit_code, result.output) == (1, f"Error: {path}: {reason}\n")
