from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from support.playing import CAMPAIGN, FOLDER

from soc.cli.playbook import playbook


def check(*paths: Path) -> Result:
    return CliRunner().invoke(playbook, ["check", *map(str, paths)])


def test_the_playbooks_of_the_house_have_no_fault() -> None:
    result = check(FOLDER)
    assert result.exit_code == 0
    assert "0 with faults" in result.output


def test_every_fault_of_every_file_is_said_and_the_exit_code_is_one(tmp_path: Path) -> None:
    text = CAMPAIGN.read_text(encoding="utf-8")
    (tmp_path / "a.yaml").write_text(text.replace("timeout: 3600000", ""), encoding="utf-8")
    (tmp_path / "b.yaml").write_bytes(b"\xff")
    (tmp_path / "c.yaml").write_text(text, encoding="utf-8")
    result = check(tmp_path)
    assert result.exit_code == 1
    assert "timeout: missing" in result.output
    assert f"{tmp_path / 'b.yaml'}: not UTF-8" in result.output
    assert "3 playbooks, 2 with faults" in result.output


@pytest.mark.parametrize("arguments", [[], ["nowhere.yaml"]])
def test_without_files_there_is_nothing_to_check(arguments: list[str]) -> None:
    assert check(*map(Path, arguments)).exit_code == 2
