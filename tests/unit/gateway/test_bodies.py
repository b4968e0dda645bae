"""A body is read within a size and a memory; a bomb in it costs a bounded memory, and its sender alone."""

import json
import os
import subprocess
import sys
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web

from soc.gateway.bodies import read
from soc.gateway.limits import Memory
from soc.kernel.errors import SocError

TESTS = Path(__file__).resolve().parents[2]
MOST_MEGABYTES = 64
"""Twice the largest plain body, an eighth of the bomb."""
BOMBED = """
import asyncio, gzip, io, json, re, sys, zlib
from pathlib import Path
import aiohttp, zstandard
from support.centre import credential, framed, receiving, server_files, trusting
from soc.gateway.doorway import Doorway
from soc.gateway.keys import issue_key
from soc.model.identity import Origin
from soc.gateway.bulk import Bulk
from soc.gateway.desk import Door
from soc.gateway.frame import collectors_tls, others_tls

def peak():
    return int(re.search(r"VmHWM:\\s*(\\d+)", Path("/proc/self/status").read_text())[1]) // 1024

def bomb(kind, size=512 << 20, piece=bytes(1 << 20)):
    if kind == "gzip":
        stream = zlib.compressobj(1, zlib.DEFLATED, 31)
    else:
        stream = zstandard.ZstdCompressor().compressobj(size=size)
    return b"".join(stream.compress(piece) for _ in range(size >> 20)) + stream.flush()

async def main(folder, kind):
    centre = await receiving(folder)
    origin, body = Origin("so-y-te", "c1"), bomb(kind)
    facts = issue_key("k", "s", origin, actor="user:an", now_ms=0, expires_ms=1 << 50)
    await centre.recorder.decide(lambda: facts)
    gzipped = {"Content-Encoding": "gzip", "Authorization": "Basic azpz"}
    tls = await credential(centre, origin)
    async with framed(centre) as frame, aiohttp.ClientSession() as session:
        files = server_files(centre)
        port = await frame.http("127.0.0.1:0", collectors_tls(*files), centre.gateway.application())
        bulk = Bulk(Doorway(centre.desk, Door.BULK, "s", "json", "UTC"), "9.1.0", 100 << 20).application()
        door = await frame.http("127.0.0.1:0", others_tls(*files, anonymous=True), bulk)
        to, headers, tls = {
            "zstd": (f"https://{port}/v1/batches", {}, tls),
            "gzip": (f"https://{door}/_bulk", gzipped, trusting(folder)),
        }[kind]
        before = peak()
        async with session.post(to, data=io.BytesIO(body), headers=headers, ssl=tls) as answer:
            print(json.dumps([answer.status, await answer.text(), len(body), peak() - before]))

asyncio.run(main(Path(sys.argv[1]), sys.argv[2]))
"""


@pytest.mark.parametrize(("kind", "status"), [("zstd", 400), ("gzip", 413)])
def test_half_a_gigabyte_of_nothing_is_refused_before_it_is_held(
    tmp_path: Path, kind: str, status: int
) -> None:
    found = subprocess.run(
        [sys.executable, "-c", BOMBED, tmp_path, kind],
        env={**os.environ, "PYTHONPATH": str(TESTS)},
        cwd=TESTS.parent,
        check=True,
        capture_output=True,
        text=True,
    )
    told, said, sent, megabytes = json.loads(found.stdout)
    assert (told, "larger than" in said) == (status, True)
    assert sent < 4 << 20
    assert megabytes < MOST_MEGABYTES


@pytest.mark.parametrize(
    ("size", "limit", "most", "said"),
    [(1000, 1000, 1000, "1000"), (1001, 1000, 9000, "larger"), (1000, 1000, 999, "on its way")],
)
async def test_a_body_is_read_within_its_limits(size: int, limit: int, most: int, said: str) -> None:
    memory = Memory(most)

    async def handler(request: web.Request) -> web.Response:
        try:
            return web.Response(text=str(len(await read(request, limit, memory))))
        except SocError as error:
            return web.Response(text=str(error))

    app = web.Application()
    app.router.add_post("/", handler)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    url = f"http://127.0.0.1:{runner.addresses[0][1]}/"
    async with aiohttp.ClientSession() as session, session.post(url, data=bytes(size)) as answer:
        assert said in await answer.text()
    assert memory.held_bytes == 0
    await runner.cleanup()
