"""What an operator types about records that could not be read."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner
from support.controlling import Socket, controlled
from support.delivered import COLLECTOR, a_batch, a_record

from soc.cli import main

BYTES = bytes(range(256))


@pytest.fixture
def centre(tmp_path: Path) -> Iterator[Socket]:
    (tmp_path / "soc.toml").write_text(f'data_dir = "{tmp_path}"\n')
    with controlled(tmp_path) as socket:
        socket.wait(socket.intake.accept(a_batch(1, [a_record(1, raw=BYTES, format_="json")]), COLLECTOR))
        more = [a_record(n, raw=f"? {n}".encode(), format_="pairs_v9") for n in (2, 3)]
        socket.wait(socket.intake.accept(a_batch(2, more), COLLECTOR))
        yield socket


def run(centre: Socket, *words: str) -> tuple[int, bytes]:
    result = CliRunner().invoke(
        main, ["quarantine", *words, "--config", str(centre.path.parent / "soc.toml")]
    )
    return result.exit_code, result.stdout_bytes


def key_of(listed: bytes, what: str) -> str:
    return next(line for line in listed.decode().splitlines() if what in line).split()[-1]


def test_what_cannot_be_read_is_counted_by_kind(centre: Socket) -> None:
    code, listed = run(centre, "list")
    lines = listed.decode().splitlines()
    assert (code, len(lines), lines[1].split()[0], "pairs_v9" in lines[1]) == (0, 3, "2", True)
    assert len(run(centre, "list", "--agency", "khac")[1].splitlines()) == 1


def test_a_records_bytes_come_out_as_they_came_in(centre: Socket) -> None:
    key = key_of(run(centre, "list")[1], "  json  ")
    assert run(centre, "show", key, "--raw") == (0, BYTES)
    code, told = run(centre, "show", key)
    assert (code, b"256" in told, b"so-y-te" in told) == (0, True, True)
    assert run(centre, "show", "2026-11-24/" + "0" * 32)[0] == 1


def test_replaying_says_what_it_read(centre: Socket) -> None:
    assert run(centre, "replay") == (0, b"0 read, 3 still cannot be read\n")
    assert run(centre, "replay", "--from", "2026-11-25")[1] == b"0 read, 0 still cannot be read\n"
