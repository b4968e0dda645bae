"""Sources of a collector as a process: what a sender was told is kept, whatever kills the collector."""

import asyncio
import signal
import ssl
from collections import Counter
from pathlib import Path

import aiohttp
from aiohttp import web
from support.agency import enrolled, start
from support.evtx_files import corpus
from support.gateway import SmallGateway
from support.pki import issue

NDJSON = {"Content-Type": "application/x-ndjson"}


def add(config: Path, source: str) -> None:
    with config.open("a") as file:
        file.write(source)


async def test_what_was_answered_with_200_survives_a_kill_at_once(tmp_path: Path) -> None:
    async with enrolled(tmp_path) as (gateway, config):
        add(config, '[[source]]\nid = "app"\nkind = "http_push"\nlisten = "127.0.0.1:45171"\n')
        gateway.script = lambda _batch: web.Response(status=503, text="busy")
        process = await start(config)
        lines = b"".join(b'{"n":%d}\n' % n for n in range(1200))
        async with (
            aiohttp.ClientSession() as session,
            session.post("http://127.0.0.1:45171/events", data=lines, headers=NDJSON) as answer,
        ):
            assert (answer.status, await answer.text()) == (200, "kept")
            process.kill()
        await process.wait()
        gateway.script = lambda _batch: None
        process = await start(config)
        await gateway.until(lambda: len(gateway.records) == 1200)
        process.send_signal(signal.SIGTERM)
        assert await process.wait() == 0
    assert [gateway.records[seq] for seq in range(1, 1201)] == lines.decode().splitlines()
    assert gateway.gaps == []


async def test_windows_logs_and_messages_in_tls_are_read_and_shipped(tmp_path: Path) -> None:
    (tmp_path / "logs").mkdir()
    sample = corpus() / "UACME_59_Sysmon.evtx"
    (tmp_path / "logs" / "Sysmon.evtx").write_bytes(sample.read_bytes())
    async with enrolled(tmp_path) as (gateway, config):
        server = issue(gateway.ca, "127.0.0.1")
        add(config, '[[source]]\nid = "pc"\nkind = "evtx"\npaths = ["logs/*.evtx"]\n')
        add(config, '[[source]]\nid = "nxlog"\nkind = "syslog_tls"\nformat = "windows_json"\n')
        add(
            config,
            f'listen = "127.0.0.1:45172"\ncertificate = "{server.certificate}"\nkey = "{server.key}"\n',
        )
        process = await start(config)
        tls = ssl.create_default_context(cafile=gateway.ca.path)
        _, writer = await asyncio.open_connection("127.0.0.1", 45172, ssl=tls)
        writer.write(b'{"EventID":4624,"Channel":"Security"}\r\n' * 3)
        await writer.drain()
        await gateway.until(
            lambda: counted(gateway)["windows_json"] == 3 and counted(gateway)["evtx_json"] > 0
        )
        writer.close()
        before = counted(gateway)["evtx_json"]
        process.send_signal(signal.SIGTERM)
        assert await process.wait() == 0
        process = await start(config)
        await gateway.until(lambda: len(gateway.beats) > 2)
        process.send_signal(signal.SIGTERM)
        assert await process.wait() == 0
    assert counted(gateway) == {"windows_json": 3, "evtx_json": before}


def counted(gateway: SmallGateway) -> Counter[str]:
    """Return how many records of each format arrived."""
    return Counter(record.format for batch in gateway.batches for record in batch.records)
