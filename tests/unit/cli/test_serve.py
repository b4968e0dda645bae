"""What an operator reads when the centre cannot start: one plain line, no traceback."""

import socket
from pathlib import Path

from click.testing import CliRunner
from support.system import RULE

from soc.app.content import house_mappings
from soc.cli import main


def serving(folder: Path, *, port: int = 0, data_dir: str = "centre", console: str = "") -> str:
    (folder / "rule.yml").write_text(RULE)
    settings = folder / "soc.toml"
    settings.write_text(
        f"""
data_dir = "{data_dir}"
[gateway]
listen = "127.0.0.1:{port}"
[console]
listen = "127.0.0.1:0"
{console}
[rules]
folders = ["rule.yml"]
mappings = "{house_mappings()}"
[playbooks]
folders = []
"""
    )
    result = CliRunner().invoke(main, ["serve", "--config", str(settings)])
    assert result.exit_code == 1, result.output
    return result.output


def test_a_port_in_use_is_named(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = int(taken.getsockname()[1])
        assert f"cannot listen on 127.0.0.1:{port}" in serving(tmp_path, port=port)


def test_a_data_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    assert "data_dir" in serving(tmp_path, data_dir="soc.toml")


def test_a_certificate_that_is_not_there_is_named(tmp_path: Path) -> None:
    said = serving(tmp_path, console='certificate = "no.pem"\nkey = "no.key"')
    assert "No such file" in said
    assert "no.pem" in said
