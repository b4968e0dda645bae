"""Other people's senders: unpacked by ``make programs``, run on one folder's files, ended by process."""

import json
import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from support.system import ROOT, eventually

PROGRAMS = ROOT / "build" / "programs"
RSYSLOG = """
global(workDirectory="{folder}" processInternalMessages="on" localHostname="sender" net.enableDNS="off")
{extra}
module(load="imfile")
input(type="imfile" file="{lines}" tag="app:" severity="info" facility="local0" reopenOnTruncate="on")
if $syslogfacility-text == "syslog" then {{ action(type="omfile" file="{said}") stop }}
{action}
"""
SYSLOG_NG = """
@version: 3.38
options {{ stats-freq(0); keep-hostname(yes); }};
source lines {{ file("{lines}" flags(no-parse) follow-freq(0.1) program-override("app")); }};
destination centre {{ {action}; }};
log {{ source(lines); destination(centre); }};
"""


@dataclass(frozen=True, slots=True)
class Running:
    """A program that forwards the lines of a file; what it says of itself lies in another."""

    process: subprocess.Popen[bytes]
    said: Path

    def says(self, words: str, *, within_s: float = 10) -> None:
        """Wait for *words* of the program itself; fail with all it said when it ends or says nothing."""
        eventually(
            lambda: words in self._said() or self.process.poll() is not None,
            within_s=within_s,
            what=f"{words!r} in {self.said}",
        )
        assert words in self._said(), f"{self.process.args!r} says:\n{self._said()[-2000:]}"

    def _said(self) -> str:
        return self.said.read_text(errors="replace") if self.said.exists() else ""


@contextmanager
def rsyslogd(folder: Path, action: str, *, extra: str = "") -> Iterator[Running]:
    """Forward ``folder/lines.log`` with Debian's rsyslog as *action* says; *extra* comes before all else."""
    root = _unpacked("rsyslog", "usr/sbin/rsyslogd")
    config, said = folder / "rsyslog.conf", folder / "rsyslog.said"
    lines = folder / "lines.log"
    config.write_text(RSYSLOG.format(folder=folder, lines=lines, said=said, action=action, extra=extra))
    command: list[str | Path] = [root / "usr/sbin/rsyslogd", "-n", "-f", config, "-i", folder / "rsyslog.pid"]
    modules = next(root.rglob("imfile.so")).parent
    with _running([*command, "-M", modules], root, said) as running:
        running.says('x-info="https://www.rsyslog.com"] start')
        yield running


@contextmanager
def syslog_ng(folder: Path, action: str) -> Iterator[Running]:
    """Forward ``folder/lines.log`` with Debian's syslog-ng to the destination *action*."""
    root = _unpacked("syslog-ng", "usr/sbin/syslog-ng")
    config, said = folder / "syslog-ng.conf", folder / "syslog-ng.said"
    config.write_text(SYSLOG_NG.format(lines=folder / "lines.log", action=action))
    modules = next(root.rglob("libaffile.so")).parent
    command: list[str | Path] = [root / "usr/sbin/syslog-ng", "--foreground", "--stderr", "--no-caps"]
    own = [f"--cfgfile={config}", f"--module-path={modules}"]
    own += [f"--{name}={folder / f'syslog-ng.{name}'}" for name in ("persist-file", "control", "pidfile")]
    with _running([*command, *own], root, said) as running:
        running.says("syslog-ng starting up")
        yield running


def logger(*options: str | Path) -> None:
    """Run ``logger`` of util-linux to its end."""
    program = shutil.which("logger")
    if program is None:
        pytest.skip("logger is missing; Debian's package bsdutils brings it")
    subprocess.run([program, *options], check=True, timeout=20)


def javascript_bulk(
    url: str,
    documents: Sequence[Mapping[str, Any]],
    *,
    index: str = "logs",
    files: Mapping[str, Path] | None = None,
    client: Mapping[str, Any] | None = None,
    helper: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Send *documents* with the official JavaScript client and return its own statistics.

    *files* are the TLS options ``ca``, ``cert``, ``key``; *client* and *helper* are further options of the
    client and of its bulk helper.
    """
    modules, program = PROGRAMS / "node" / "node_modules", shutil.which("node")
    if program is None or not modules.is_dir():
        pytest.skip(
            "node or its client is missing; `make programs` brings the client, package nodejs the rest"
        )
    paths = {name: str(path) for name, path in (files or {}).items()}
    options = {"client": {"node": url, **(client or {})}, "files": paths, "helper": helper or {}}
    done = subprocess.run(
        [program, ROOT / "tests" / "support" / "node" / "bulk.js"],
        input=json.dumps({**options, "index": index, "documents": documents}).encode(),
        capture_output=True,
        check=False,
        timeout=30,
        env={**os.environ, "NODE_PATH": str(modules)},
    )
    assert done.returncode == 0, done.stderr.decode()
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def _unpacked(name: str, program: str) -> Path:
    root = PROGRAMS / name
    if not (root / program).is_file():
        pytest.skip(f"{Path(program).name} is missing; `make programs` unpacks it")
    return root


@contextmanager
def _running(command: Sequence[str | Path], root: Path, said: Path) -> Iterator[Running]:
    libraries = sorted({str(path.parent) for path in root.rglob("lib*.so.*")})
    with said.open("ab") as log:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            env={**os.environ, "LD_LIBRARY_PATH": ":".join(libraries)},
        )
    try:
        yield Running(process, said)
    finally:
        process.kill()
        process.wait(10)
