"""Case files: their shape is checked, every fault with its place."""

from pathlib import Path

import pytest

from soc.cli.case_files import read_cases
from soc.kernel.errors import ConfigError


def read(tmp_path: Path, text: str, rule: str = "a.yml") -> int:
    (tmp_path / rule).write_text("title: x\n", encoding="utf-8")
    (tmp_path / "a.cases.yaml").write_text(text, encoding="utf-8")
    return sum(file.size for file in read_cases([tmp_path]))


def test_cases_are_counted(tmp_path: Path) -> None:
    assert (
        read(
            tmp_path,
            "match: [{raw: x}]\nno_match: [{fields: {a: 1}}]\nsequences: [{events: [], episodes: 0}]\n",
        )
        == 3
    )


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("match: [{raw: x}, {rwa: y}]\n", "a.cases.yaml:1:20: Extra inputs"),
        ("match: x\n", "a.cases.yaml:1:1: Input should be a valid list"),
        ("sequences: [{events: []}]\n", "a.cases.yaml:1:13: Field required"),
        ("sequences:\n  - {episodes: 1, events: [{at: 5s}]}\n", "a.cases.yaml:2:29: String should match"),
        ("sequences:\n  - {episodes: 1, events: [{times: 0}]}\n", "greater than or equal to 1"),
        ("- x\n", "a rule is a mapping"),
        ("", "one YAML mapping was expected"),
        ("match: [\n", "YAML"),
    ],
)
def test_a_case_file_of_another_shape_is_refused(tmp_path: Path, text: str, fault: str) -> None:
    with pytest.raises(ConfigError, match=fault.replace("[", r"\[")):
        read(tmp_path, text)


def test_cases_without_their_rule_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"there is no .*a\.yml beside it"):
        read(tmp_path, "match: []\n", rule="b.yml")


def test_files_are_found_in_folders_and_beside_rules(tmp_path: Path) -> None:
    assert read(tmp_path, "match: []\n") == 0
    assert len(read_cases([tmp_path])) == len(read_cases([tmp_path / "a.yml"])) == 1
    assert read_cases([tmp_path / "a.cases.yaml"]) == []


@pytest.mark.parametrize("inside", [True, False])
def test_a_folder_named_as_a_case_file_is_refused(tmp_path: Path, *, inside: bool) -> None:
    (tmp_path / "a.yml").write_text("title: x\n", encoding="utf-8")
    (tmp_path / "a.cases.yaml").mkdir()
    with pytest.raises(ConfigError, match=r"a\.cases\.yaml: cannot be read: it is a folder"):
        read_cases([tmp_path if inside else tmp_path / "a.yml"])
