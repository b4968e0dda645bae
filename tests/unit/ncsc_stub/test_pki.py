"""Certificates to try with."""

import stat
from pathlib import Path

import pytest

from soc.ncsc_stub import pki
from soc.ncsc_stub.instants import system_clock


def test_keys_are_their_owners_alone(tmp_path: Path) -> None:
    pki.make(tmp_path, "tinh", system_clock)
    names = {"ca", "server", "live", "exercise"}
    assert {path.name for path in tmp_path.iterdir()} == {f"{n}.{e}" for n in names for e in ("pem", "key")}
    assert {stat.S_IMODE(path.stat().st_mode) for path in tmp_path.glob("*.key")} == {0o600}


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    pki.make(tmp_path, "tinh", system_clock)
    before = (tmp_path / "ca.key").read_bytes()
    with pytest.raises(FileExistsError):
        pki.make(tmp_path, "tinh", system_clock)
    assert (tmp_path / "ca.key").read_bytes() == before
