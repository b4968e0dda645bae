import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner
from support.system import RULE

from soc.cli import main


def test_the_name_of_a_file_does_not_steer_the_terminal(tmp_path: Path) -> None:
    (tmp_path / "rule.yml").write_text(RULE)
    odd = tmp_path / "\x1b[31mred\n.gz"
    odd.write_bytes(b"\x1f\x8bno gzip")
    result = CliRunner().invoke(main, ["scan", str(odd), "--rules", str(tmp_path / "rule.yml")], color=True)
    assert "red" in result.stderr
    assert "\x1b" not in result.stderr


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_a_file_whose_name_is_not_utf_8_is_read(tmp_path: Path, jobs: str) -> None:
    (tmp_path / "rule.yml").write_text(RULE)
    logs = tmp_path / "logs"
    logs.mkdir()
    for name in (b"odd\xff.log", b"plain.log"):
        (logs / os.fsdecode(name)).write_text("<13>Nov 24 08:00:00 h sshd[1]: marker\n")
    asked = ["scan", str(logs), "--rules", str(tmp_path / "rule.yml"), "--json", "--no-cache", "--jobs", jobs]
    result = CliRunner().invoke(main, asked)
    assert result.exit_code == 0, result.output
    files = [json.loads(line)["event"]["file"] for line in result.stdout.splitlines()]
    assert sorted(Path(file).name for file in files) == ["odd\\xff.log", "plain.log"]


def test_no_rule_at_all_is_told(tmp_path: Path) -> None:
    (tmp_path / "log").touch()
    (tmp_path / "rules").mkdir()
    asked = ["scan", str(tmp_path / "log"), "--rules", str(tmp_path / "rules"), "--no-cache", "--strict"]
    result = CliRunner().invoke(main, asked)
    assert "no rule was loaded from" in result.stderr
    assert result.exit_code == 2


@pytest.mark.parametrize("form", [["--json"], []], ids=["json", "table"])
def test_a_full_disk_is_told_in_one_line(tmp_path: Path, form: list[str]) -> None:
    (tmp_path / "rule.yml").write_text(RULE)
    (tmp_path / "log").write_text("<13>Nov 24 08:00:00 h sshd[1]: marker\n")
    asked = [sys.executable, "-m", "soc", "scan", "log", "--rules", "rule.yml", "--no-cache", *form]
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).parents[3])}
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            asked, stdout=full, stderr=subprocess.PIPE, cwd=tmp_path, env=environment, check=False, timeout=9
        )
    assert done.returncode == 1, done.stderr
    assert b"Error: the scan stopped: No space left on device" in done.stderr
    assert b"Traceback" not in done.stderr
    assert b"ignored" not in done.stderr
