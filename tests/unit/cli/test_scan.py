from pathlib import Path

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
