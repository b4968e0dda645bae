"""A collector as a process beside a small gateway: its settings file, its commands, its memory."""

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from support.gateway import SmallGateway, small_gateway

COMMAND = (sys.executable, "-m", "collectors")


def settings(folder: Path, gateway: SmallGateway) -> Path:
    """Write the settings of a collector that follows ``lines.log`` and return their path."""
    path = folder / "collector.toml"
    path.write_text(
        f"""
[collector]
data_dir = "data"
gateways = ["{gateway.url}"]
heartbeat_seconds = 1
disk_floor_mib = 0
[[source]]
id = "file"
kind = "tail"
format = "syslog"
paths = ["lines.log*"]
"""
    )
    return path


async def command(*arguments: str) -> tuple[int, str]:
    """Return exit status and words of one command."""
    process = await asyncio.create_subprocess_exec(
        *COMMAND, *arguments, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    said, _ = await process.communicate()
    return process.returncode or 0, said.decode()


async def start(config: Path) -> asyncio.subprocess.Process:
    """Return a running collector that listens and reads."""
    process = await asyncio.create_subprocess_exec(
        *(*COMMAND, "run", "--config", str(config)),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    assert process.stdout is not None
    assert await process.stdout.readline() == b"ready\n"
    return process


@asynccontextmanager
async def enrolled(folder: Path) -> AsyncIterator[tuple[SmallGateway, Path]]:
    """Yield a gateway and the settings of a collector that has its certificate."""
    async with small_gateway(folder) as gateway:
        config = settings(folder, gateway)
        enrol = ("enrol", "--config", str(config), "--token", "token", "--ca", str(gateway.ca.path))
        status, said = await command(*enrol)
        assert (status, said) == (0, "enrolled as so-y-te/c1\n")
        yield gateway, config


def peak_mib(process: asyncio.subprocess.Process) -> float:
    """Return the most memory that a process has had resident so far."""
    text = Path(f"/proc/{process.pid}/status").read_text()
    (kib,) = (int(line.split()[1]) for line in text.splitlines() if line.startswith("VmHWM"))
    return kib / 1024
