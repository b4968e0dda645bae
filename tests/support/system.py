"""A small real system: one centre and one collector as processes that a test may kill and start again."""

import json
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
BIN = Path(sys.executable).parent
LOOKS = 10
RULE = """
title: Marker
id: 11111111-1111-4111-8111-111111111111
logsource: {product: linux}
detection:
  selection:
    message|contains: marker
  condition: selection
level: low
"""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def eventually(look: Callable[[], bool], *, within_s: float, what: str) -> None:
    """Poll *look* until it holds; fail with *what* after *within_s* seconds."""
    deadline = time.monotonic() + within_s
    while not look():
        assert time.monotonic() < deadline, f"not within {within_s} s: {what}"
        time.sleep(0.05)


def quiet(look: Callable[[], int], *, within_s: float) -> int:
    """Poll *look* until it gives the same ten times in a row, and not 0; return that."""
    seen: list[int] = []

    def same() -> bool:
        seen.append(look())
        return len(seen) >= LOOKS and seen[-1] > 0 and len(set(seen[-LOOKS:])) == 1

    eventually(same, within_s=within_s, what="quiet")
    return seen[-1]


class _Socket(HTTPConnection):
    def __init__(self, path: Path) -> None:
        super().__init__("soc", timeout=10)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(10)
        self.sock.connect(str(self._path))


class System:
    """One folder, one centre, one collector that tails ``lines.log`` and takes syslog on TCP.

    *sources* are further ``[[source]]`` tables of the collector, *settings* further tables of the centre.
    """

    def __init__(self, folder: Path, *, sources: str = "", settings: str = "") -> None:
        self.folder = folder
        self.lines = folder / "lines.log"
        self.lines.touch()
        self.gateway_port, self.syslog_port = free_port(), free_port()
        self._running: dict[str, subprocess.Popen[bytes]] = {}
        (folder / "rules").mkdir()
        (folder / "rules" / "marker.yml").write_text(RULE)
        self._write_settings(sources, settings)

    def _write_settings(self, sources: str, settings: str) -> None:
        (self.folder / "soc.toml").write_text(
            f"""
data_dir = "centre"
[gateway]
listen = "127.0.0.1:{self.gateway_port}"
[console]
listen = "127.0.0.1:0"
[rules]
folders = ["rules"]
mappings = "{ROOT / "rules" / "mappings"}"
[playbooks]
folders = []
[[agency]]
id = "so-y-te"
name = "Sở Y tế"
{settings}"""
        )
        (self.folder / "collector.toml").write_text(
            f"""
[collector]
data_dir = "collector"
gateways = ["https://127.0.0.1:{self.gateway_port}"]
heartbeat_seconds = 1
[[source]]
id = "file"
kind = "tail"
format = "syslog"
paths = ["{self.lines}"]
[[source]]
id = "net"
kind = "syslog_tcp"
format = "syslog"
listen = "127.0.0.1:{self.syslog_port}"
{sources}"""
        )

    def start_centre(self) -> None:
        command = [BIN / "soc", "serve", "--config", self.folder / "soc.toml"]
        self._start("centre", command, b"console ")

    def start_collector(self) -> None:
        command = [BIN / "soc-collector", "run", "--config", self.folder / "collector.toml"]
        self._start("collector", command, b"ready")

    def enrol(self) -> None:
        token = self.say("enrol-token", {"agency": "so-y-te", "collector": "c1"})["token"]
        subprocess.run(
            [
                *(BIN / "soc-collector", "enrol", "--config", self.folder / "collector.toml"),
                *("--token", token, "--ca", self.folder / "centre" / "pki" / "ca.pem"),
            ],
            check=True,
            capture_output=True,
            timeout=60,
        )

    def pid(self, name: str) -> int:
        """Return the process id of what runs under *name*."""
        return self._running[name].pid

    def kill(self, name: str) -> None:
        """End a process at once, as a power cut would."""
        with self._running.pop(name) as process:
            process.kill()

    def stop(self, name: str) -> None:
        """End a process the way a service manager does."""
        with self._running.pop(name) as process:
            process.send_signal(signal.SIGTERM)
            assert process.wait(30) == 0, self.log(name)

    def stop_all(self) -> None:
        for name in list(self._running):
            self.kill(name)

    def log(self, name: str) -> str:
        return (self.folder / f"{name}.log").read_text()[-4000:]

    def say(self, verb: str, body: dict[str, Any] | None = None) -> Any:
        connection = _Socket(self.folder / "centre" / "soc.sock")
        data = None if body is None else json.dumps(body)
        connection.request("GET" if body is None else "POST", f"/{verb}", data)
        answer = connection.getresponse()
        text = answer.read()
        connection.close()
        assert answer.status == 200, text
        return json.loads(text)

    def account(self) -> dict[str, Any]:
        """Return the accounts of the collector, {} before it was heard."""
        rows = [row for row in self.say("collectors") if row["origin"]["collector"] == "c1"]
        return rows[0] if rows else {}

    def _start(self, name: str, command: list[Any], ready: bytes) -> None:
        with (self.folder / f"{name}.log").open("ab") as log:
            process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log)
        self._running[name] = process
        assert process.stdout is not None
        for line in process.stdout:
            if line.startswith(ready):
                return
        raise AssertionError(f"{name} did not start:\n{self.log(name)}")
