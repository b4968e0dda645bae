"""Figures are there for whoever asks on the same machine, and nobody who asks can hurt."""

import asyncio
import socket
from datetime import UTC, datetime, timedelta
from pathlib import Path

import aiohttp
import pytest
from support.spooling import a_journal, a_record

from collectors.lag import Lag
from collectors.metrics import CONNECTIONS, Figures, shown
from soc.kernel.clock import ManualClock, to_ms
from soc.kernel.errors import ConfigError

NOW = datetime(2026, 11, 24, 8, tzinfo=UTC)


def test_every_figure_says_what_it_means(tmp_path: Path) -> None:
    journal, lag = a_journal(tmp_path / "spool"), Lag(["file", "net"])
    records = [a_record("a", read_at_ms=to_ms(NOW) - 90_500)]
    lag.kept(journal.append(records, {}), records)
    lines = Figures(journal, lag, ManualClock(NOW)).text().splitlines()
    journal.close()
    figures = dict(line.rsplit(" ", 1) for line in lines if not line.startswith("#"))
    assert figures["soc_collector_next_seq"] == "2"
    assert figures["soc_collector_acked_seq"] == "1"
    assert figures['soc_collector_lag_seconds{source="file"}'] == "90.5"
    assert figures['soc_collector_lag_seconds{source="net"}'] == "0.0"
    named = {name.partition("{")[0] for name in figures}
    for name in named:
        assert sum(line.startswith(f"# HELP {name} ") for line in lines) == 1
        assert sum(line.startswith(f"# TYPE {name} ") for line in lines) == 1


async def test_a_scraper_is_answered_in_plain_text() -> None:
    async with shown(("127.0.0.1", 0), lambda: "a 1\n") as port, aiohttp.ClientSession() as session:
        async with session.get(f"http://127.0.0.1:{port}/metrics") as answer:
            assert (answer.status, await answer.text()) == (200, "a 1\n")
            assert answer.headers["Content-Type"].startswith("text/plain; version=0.0.4")
        async with session.post(f"http://127.0.0.1:{port}/metrics") as answer:
            assert answer.status == 405


async def test_silent_and_loud_visitors_leave_room_for_others() -> None:
    soon = timedelta(milliseconds=100)
    async with (
        shown(("127.0.0.1", 0), lambda: "a 1\n", patience=soon) as port,
        aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=8)) as session,
    ):
        visitors = [await asyncio.open_connection("127.0.0.1", port) for _ in range(CONNECTIONS * 2)]
        for _, writer in visitors[::2]:
            writer.write(b"x" * 20_000)
        async with session.get(f"http://127.0.0.1:{port}/") as answer:
            assert answer.status == 200
        for _, writer in visitors:
            writer.close()


async def test_without_an_address_nothing_listens() -> None:
    async with shown(None, lambda: "") as port:
        assert port == 0


async def test_an_address_in_use_is_a_fault_of_the_settings() -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as taken,
        pytest.raises(ConfigError, match=r"collector\.metrics"),
    ):
        await shown(taken.getsockname(), lambda: "").__aenter__()
