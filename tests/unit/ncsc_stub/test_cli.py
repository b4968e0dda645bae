"""The program as an operator starts and stops it."""

import json
import signal
import socket
import subprocess
import sys
from http.client import HTTPSConnection
from pathlib import Path
from typing import Any

from support.national import as_bytes, bundle, client_tls, report_headers

PROGRAM = Path(sys.executable).parent / "soc-ncsc-stub"
CONTENT = as_bytes(bundle())


def make_pki(folder: Path, *more: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [PROGRAM, "pki", "--out", folder, *more], capture_output=True, text=True, timeout=30, check=False
    )


def command(folder: Path, admin: str = "127.0.0.1:0") -> list[str | Path]:
    return [
        *(PROGRAM, "serve", "--listen", "127.0.0.1:0", "--admin", admin, "--data-dir", folder / "data"),
        *("--cert", folder / "server.pem", "--key", folder / "server.key", "--client-ca", folder / "ca.pem"),
    ]


def submit(folder: Path, api: str) -> Any:
    connection = HTTPSConnection(api.removeprefix("https://"), context=client_tls(folder, "live"), timeout=10)
    connection.request("POST", "/api/v1/incidents", CONTENT, report_headers(CONTENT, "k"))
    answer = connection.getresponse()
    body = json.loads(answer.read())
    connection.close()
    assert answer.status == 202, body
    return body


def run_once(folder: Path, ending: signal.Signals) -> tuple[Any, int]:
    with subprocess.Popen(command(folder), stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        line = json.loads(process.stdout.readline())
        try:
            assert line["ready"] is True
            assert line["admin"].startswith("http://127.0.0.1:")
            receipt = submit(folder, line["api"])
        finally:
            process.send_signal(ending)
        process.communicate(timeout=20)
    return receipt, process.returncode


def test_a_killed_program_answers_as_before_and_a_stopped_one_ends_well(tmp_path: Path) -> None:
    assert make_pki(tmp_path).returncode == 0
    killed, _ = run_once(tmp_path, signal.SIGKILL)
    stopped, code = run_once(tmp_path, signal.SIGTERM)
    assert stopped == killed
    assert code == 0


def test_the_hand_behind_it_is_refused_elsewhere_than_on_loopback(tmp_path: Path) -> None:
    assert make_pki(tmp_path).returncode == 0
    ended = subprocess.run(
        command(tmp_path, "0.0.0.0:0"), capture_output=True, text=True, timeout=30, check=False
    )
    assert ended.returncode == 1
    assert "only a loopback address" in ended.stderr


def test_a_taken_address_and_missing_files_are_said_plainly(tmp_path: Path) -> None:
    missing = subprocess.run(command(tmp_path), capture_output=True, text=True, timeout=30, check=False)
    assert (missing.returncode, "Traceback" in missing.stderr) == (1, False)
    assert make_pki(tmp_path).returncode == 0
    with socket.create_server(("127.0.0.1", 0)) as taken:
        where = f"127.0.0.1:{taken.getsockname()[1]}"
        ended = subprocess.run(
            command(tmp_path, where), capture_output=True, text=True, timeout=30, check=False
        )
    assert (ended.returncode, "Traceback" in ended.stderr) == (1, False)
    assert "in use" in ended.stderr


def test_a_province_that_cannot_be_is_refused(tmp_path: Path) -> None:
    assert make_pki(tmp_path, "--province", "a:live").returncode == 2
    assert list(tmp_path.iterdir()) == []
