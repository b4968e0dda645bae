"""Every example an operator copies is good as it stands."""

import configparser
import shutil
import subprocess
from pathlib import Path

import pytest

from soc.settings.load import load

DEPLOY = Path(__file__).resolve().parents[3] / "deploy"
UNITS = sorted((DEPLOY / "systemd").glob("*.service"))


def test_the_example_settings_load() -> None:
    settings = load(DEPLOY / "examples" / "soc.toml")
    assert [agency.id for agency in settings.agency] == ["so-y-te", "phuong-dong-hai", "benh-vien-tinh"]


@pytest.mark.parametrize("unit", UNITS, ids=lambda path: path.name)
def test_a_unit_is_hardened(unit: Path) -> None:
    parsed = configparser.ConfigParser(strict=False, interpolation=None)
    parsed.optionxform = str  # type: ignore[assignment,method-assign]
    parsed.read(unit)
    service = parsed["Service"]
    assert service["Type"] == "notify"
    assert service["NoNewPrivileges"] == "yes"
    assert service["ProtectSystem"] == "strict"
    assert service["User"] != "root"


@pytest.mark.parametrize("unit", UNITS, ids=lambda path: path.name)
def test_a_unit_is_understood_by_systemd(unit: Path) -> None:
    if shutil.which("systemd-analyze") is None:
        pytest.skip("systemd-analyze is missing; Debian's package systemd brings it")
    shown = subprocess.run(
        ["systemd-analyze", "security", "--offline=yes", "--no-pager", "--threshold=20", str(unit)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert shown.returncode == 0, shown.stdout[-400:] + shown.stderr
