"""The stage of a drill: the national stub, the centre and its collectors, each a process of its own.

Everything runs on loopback below one folder, by the same commands an operator uses.
"""

import asyncio
import json
import signal
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import aiohttp

from soc.drills.player import Sender
from soc.drills.scenario import WarningInject
from soc.kernel.errors import SocError

START_TIMEOUT = timedelta(seconds=60)
STOP_TIMEOUT = timedelta(seconds=15)
ZONE = "Asia/Ho_Chi_Minh"
"""Of every source on the stage."""


class StageError(SocError):
    """A process of the stage did not start."""


@dataclass(frozen=True, slots=True)
class Source:
    """One source of a collector."""

    id: str
    kind: str
    """``tail``, ``syslog_udp`` or ``syslog_tcp``."""
    format: str


@dataclass(frozen=True, slots=True)
class Site:
    """One agency with one collector."""

    agency: str
    name: str
    collector: str
    sources: tuple[Source, ...]


@dataclass(frozen=True, slots=True)
class Stage:
    """What runs, and how to reach it."""

    folder: Path
    settings: Path
    console_url: str
    stub_admin_url: str
    senders: dict[str, Sender]
    centre_pid: int

    async def sign_in_token(self, name: str, role: str) -> str:
        """Return a one-time token for the console."""
        answer = await self.verb("sign-in", {"name": name, "role": role})
        return str(answer["token"])

    async def verb(self, verb: str, body: dict[str, Any] | None = None) -> Any:
        """Say *verb* to the centre's socket."""
        connector = aiohttp.UnixConnector(path=str(self.folder / "centre" / "soc.sock"))
        async with (
            aiohttp.ClientSession(connector=connector) as session,
            session.request("GET" if body is None else "POST", f"http://soc/{verb}", json=body) as answer,
        ):
            answer.raise_for_status()
            return await answer.json()

    async def warn(self, inject: WarningInject) -> None:
        """Let the national stub publish a warning."""
        body = {"title": inject.title, "indicators": inject.indicators, "due_in_hours": 24, "exercise": False}
        await self._stub("POST", "warnings", body)

    async def stub_state(self) -> dict[str, Any]:
        """Return the stub's counts."""
        found = await self._stub("GET", "state", None)
        assert isinstance(found, dict)
        return found

    async def _stub(self, method: str, path: str, body: dict[str, Any] | None) -> Any:
        async with (
            aiohttp.ClientSession() as session,
            session.request(method, f"{self.stub_admin_url}/admin/{path}", json=body) as answer,
        ):
            answer.raise_for_status()
            return await answer.json()


@asynccontextmanager
async def set_stage(folder: Path, sites: tuple[Site, ...], content: Path) -> AsyncIterator[Stage]:
    """Start everything below *folder*; *content* holds ``rules`` and ``playbooks``. Ends what it starts.

    Raises:
        StageError: a process did not become ready; says which and where its log lies.
    """
    async with AsyncExitStack() as stack:
        stub = await _stub(stack, folder)
        settings = _settings(folder, sites, content, stub["api"])
        centre = await _start(stack, folder / "centre.log", "soc", "serve", "--config", str(settings))
        gateway = await _line(centre, folder / "centre.log", "gateway ")
        console = await _line(centre, folder / "centre.log", "console ")
        stage = Stage(folder, settings, console, stub["admin"], {}, centre.pid)
        for site in sites:
            await _collector(stack, stage, site, gateway)
        yield stage


async def _stub(stack: AsyncExitStack, folder: Path) -> dict[str, str]:
    pki = folder / "ncsc-pki"
    await _run(folder / "stub.log", "soc-ncsc-stub", "pki", "--out", str(pki))
    process = await _start(
        stack,
        folder / "stub.log",
        "soc-ncsc-stub",
        *("serve", "--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0", "--data-dir", str(folder / "ncsc")),
        *("--cert", str(pki / "server.pem"), "--key", str(pki / "server.key")),
        *("--client-ca", str(pki / "ca.pem")),
    )
    ready: dict[str, str] = json.loads(await _line(process, folder / "stub.log", ""))
    return ready


def _settings(folder: Path, sites: tuple[Site, ...], content: Path, ncsc_url: str) -> Path:
    pki = folder / "ncsc-pki"
    text = f"""
data_dir = "centre"
[gateway]
listen = "127.0.0.1:0"
[console]
listen = "127.0.0.1:0"
[rules]
folders = [{json.dumps(str(content / "rules"))}]
mappings = {json.dumps(str(content / "rules" / "mappings"))}
[playbooks]
folders = [{json.dumps(str(content / "playbooks"))}]
[ncsc]
url = {json.dumps(ncsc_url)}
ca = {json.dumps(str(pki / "ca.pem"))}
certificate = {json.dumps(str(pki / "live.pem"))}
key = {json.dumps(str(pki / "live.key"))}
poll_seconds = 1
"""
    for site in sites:
        text += f"[[agency]]\nid = {json.dumps(site.agency)}\nname = {json.dumps(site.name)}\n"
    path = folder / "soc.toml"
    path.write_text(text, encoding="utf-8")
    return path


async def _collector(stack: AsyncExitStack, stage: Stage, site: Site, gateway: str) -> None:
    folder = stage.folder / f"{site.agency}-{site.collector}"
    folder.mkdir()
    token = (await stage.verb("enrol-token", {"agency": site.agency, "collector": site.collector}))["token"]
    config = folder / "collector.toml"
    text = f'[collector]\ndata_dir = "data"\ngateways = [{json.dumps(gateway)}]\nheartbeat_seconds = 2\n'
    for source in site.sources:
        text += f'[[source]]\nid = "{source.id}"\nkind = "{source.kind}"\nformat = "{source.format}"\n'
        text += f'zone = "{ZONE}"\n'
        text += _reach(stage, site, source, folder)
    config.write_text(text, encoding="utf-8")
    log, ca = folder / "collector.log", stage.folder / "centre" / "pki" / "ca.pem"
    enrol = ("enrol", "--config", str(config), "--token", token, "--ca", str(ca))
    await _run(log, "soc-collector", *enrol)
    process = await _start(stack, log, "soc-collector", "run", "--config", str(config))
    await _line(process, log, "ready")


def _reach(stage: Stage, site: Site, source: Source, folder: Path) -> str:
    name = f"{site.agency}/{site.collector}/{source.id}"
    if source.kind == "tail":
        path = folder / f"{source.id}.log"
        path.touch()
        stage.senders[name] = _file_sender(path)
        return f"paths = [{json.dumps(str(path))}]\n"
    kind = socket.SOCK_DGRAM if source.kind == "syslog_udp" else socket.SOCK_STREAM
    with socket.socket(socket.AF_INET, kind) as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    stage.senders[name] = _socket_sender(port, kind)
    return f'listen = "127.0.0.1:{port}"\n'


def _file_sender(path: Path) -> Sender:
    def write(line: str) -> None:
        with path.open("a", encoding="utf-8") as file:
            file.write(line + "\n")

    async def send(line: str) -> None:
        await asyncio.to_thread(write, line)

    return send


def _socket_sender(port: int, kind: socket.SocketKind) -> Sender:
    def deliver(line: str) -> None:
        with socket.socket(socket.AF_INET, kind) as channel:
            channel.connect(("127.0.0.1", port))
            channel.sendall(line.encode() + (b"" if kind == socket.SOCK_DGRAM else b"\n"))

    async def send(line: str) -> None:
        await asyncio.to_thread(deliver, line)

    return send


async def _run(log: Path, program: str, *arguments: str) -> None:
    with log.open("ab") as file:
        process = await asyncio.create_subprocess_exec(
            *_command(program), *arguments, stdout=file, stderr=file
        )
        if await process.wait():
            raise StageError(f"{program} {arguments[0]} ended with {process.returncode}; see {log}")


async def _start(
    stack: AsyncExitStack, log: Path, program: str, *arguments: str
) -> asyncio.subprocess.Process:
    file = stack.enter_context(log.open("ab"))
    process = await asyncio.create_subprocess_exec(
        *_command(program), *arguments, stdout=asyncio.subprocess.PIPE, stderr=file
    )
    stack.push_async_callback(_end, process)
    return process


def _command(program: str) -> tuple[str, ...]:
    return (str(Path(sys.executable).parent / program),)


async def _line(process: asyncio.subprocess.Process, log: Path, prefix: str) -> str:
    assert process.stdout is not None
    try:
        async with asyncio.timeout(START_TIMEOUT.total_seconds()):
            while line := (await process.stdout.readline()).decode():
                if line.startswith(prefix):
                    return line.removeprefix(prefix).strip()
    except TimeoutError:
        pass
    raise StageError(f"a process did not say {prefix.strip() or 'that it is ready'!r}; see {log}")


async def _end(process: asyncio.subprocess.Process) -> None:
    if process.returncode is not None:
        return
    process.send_signal(signal.SIGTERM)
    try:
        async with asyncio.timeout(STOP_TIMEOUT.total_seconds()):
            await process.wait()
    except TimeoutError:
        process.kill()
        await process.wait()
