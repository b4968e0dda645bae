"""The gateway alone, over TLS, on one core: what a collector's batches of 600-byte events cost it."""

import asyncio
import json
import os
import random
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from support.centre import trusting
from support.measured import save_result
from support.receiver import ORIGIN

from soc.model.record import Record
from soc.wire import codec
from soc.wire.messages import Batch

pytestmark = [pytest.mark.bench, pytest.mark.timeout(900)]
ROOT = Path(__file__).resolve().parents[2]
EVENT_BYTES = 600
EVENTS = 500
BATCHES = 60
IN_FLIGHT = 4
PASSES = 6
AT_MS = 1_795_500_000_000
AGENT = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0"
Drawn = random.Random


@dataclass(frozen=True, slots=True)
class Running:
    """A gateway on a core of its own."""

    process: subprocess.Popen[str]
    folder: Path
    url: str

    def spent(self) -> tuple[float, int]:
        """Return processor seconds and events since last asked."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        seconds, events = json.loads(self.process.stdout.readline())
        return seconds, events


@contextmanager
def running(folder: Path, rules: str, work: str) -> Iterator[Running]:
    """Start a gateway that knows *rules* and does *work*."""
    folder.mkdir()
    with subprocess.Popen(
        [sys.executable, "-m", "support.receiver", folder, rules, folder.parent / "cache", work],
        env={**os.environ, "PYTHONPATH": str(ROOT / "tests")},
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        yield Running(process, folder, process.stdout.readline().strip())
        process.kill()


def address(drawn: Drawn) -> str:
    return "10.{}.{}.{}".format(*drawn.randbytes(3))


def access(number: int, drawn: Drawn) -> str:
    asked = f"GET /ho-so/{number}?q={drawn.randrange(10**9)}&trang={number % 50} HTTP/1.1"
    at = f"24/Nov/2026:08:{drawn.randrange(60):02}:{drawn.randrange(60):02} +0700"
    site = f"https://dichvucong.example.vn/tra-cuu/{number}"
    return f'{address(drawn)} - - [{at}] "{asked}" 200 {drawn.randrange(9000)} "{site}" "{AGENT} PAD"'


def syslog(number: int, drawn: Drawn) -> str:
    at = f"Nov 24 08:{drawn.randrange(60):02}:{drawn.randrange(60):02}"
    who = f"user{number % 300} from {address(drawn)} port {drawn.randrange(65535)}"
    return f"{at} may{number % 40} sshd[{drawn.randrange(9999)}]: Accepted publickey for {who} ssh2: RSA PAD"


def ecs(number: int, drawn: Drawn) -> str:
    event = {
        "@timestamp": f"2026-11-24T01:{drawn.randrange(60):02}:{drawn.randrange(60):02}.000Z",
        "host": {"name": f"may{number % 40}", "ip": [address(drawn)]},
        "event": {"kind": "event", "category": ["network"], "dataset": "zeek.connection"},
        "source": {"ip": address(drawn), "port": drawn.randrange(65535)},
        "destination": {"ip": address(drawn), "port": 443},
        "network": {"transport": "tcp", "bytes": drawn.randrange(99_999)},
        "user": {"name": f"user{number % 300}"},
        "message": "PAD",
    }
    return json.dumps(event)


KINDS: dict[str, Callable[[int, Drawn], str]] = {"access": access, "syslog": syslog, "json": ecs}


def bodies(kind: str) -> list[bytes]:
    """Batches as a collector packs them, values drawn anew for each event (seeded)."""
    drawn = random.Random(7)
    found = []
    for number in range(BATCHES):
        lines = [KINDS[kind](number * EVENTS + event, drawn) for event in range(EVENTS)]
        records = tuple(
            Record(
                source="bench",
                format=kind,
                raw=line.replace(
                    "PAD", drawn.randbytes(EVENT_BYTES).hex()[: EVENT_BYTES - len(line) + 3]
                ).encode(),
                read_at_ms=AT_MS + event,
                day="2026-11-24",
                zone="Asia/Ho_Chi_Minh",
                fingerprint="f",
                offset=(number * EVENTS + event) * (EVENT_BYTES + 1),
            )
            for event, line in enumerate(lines)
        )
        assert {len(record.raw) for record in records} == {EVENT_BYTES}
        found.append(codec.pack(Batch(1, ORIGIN, "boot", AT_MS, number * EVENTS + 1, records)))
    return found


async def deliver(gateway: Running, sent: list[bytes]) -> None:
    """Send all of *sent*, four at a time as one collector does."""
    waiting = iter(sent)
    tls = trusting(gateway.folder, ORIGIN.agency)

    async def lane(session: aiohttp.ClientSession) -> None:
        for body in waiting:
            while True:
                async with session.post(f"{gateway.url}/v1/batches", data=body) as answer:
                    if answer.status == 200:
                        break
                    assert answer.status == 503, await answer.text()

    connector = aiohttp.TCPConnector(ssl=tls)
    async with aiohttp.ClientSession(connector=connector) as session, asyncio.TaskGroup() as group:
        for _ in range(IN_FLIGHT):
            group.create_task(lane(session))


def measured(folder: Path, rules: str, work: str, kind: str) -> dict[str, Any]:
    """Return figures of the best of several passes."""
    sent = bodies(kind)
    with running(folder, rules, work) as gateway:
        best = 0.0
        for _ in range(PASSES):
            gateway.spent()
            asyncio.run(deliver(gateway, sent))
            seconds, events = gateway.spent()
            assert events == BATCHES * EVENTS
            best = max(best, events / seconds)
    return {
        "events_per_core_second": round(best),
        "megabytes_per_core_second": round(best * EVENT_BYTES / 1e6, 1),
        "bytes_per_batch_on_the_wire": len(sent[0]),
    }


def test_with_parse_and_detection(tmp_path: Path, corpora: Path) -> None:
    rules = f"{ROOT / 'rules'}:{corpora / 'sigma' / 'rules'}"
    figures = {kind: measured(tmp_path / kind, rules, "whole", kind) for kind in KINDS}
    save_result("gateway", figures)
    assert min(found["events_per_core_second"] for found in figures.values()) >= 20_000


def test_receive_only(tmp_path: Path) -> None:
    figures = measured(tmp_path / "receive", "", "receive", "json")
    save_result("gateway-receive", figures)
    assert figures["events_per_core_second"] >= 100_000
