"""A collector stays small on an old PC, also while it catches up as fast as it can."""

import signal
from pathlib import Path

from support.agency import enrolled, peak_mib, start

MOST_MIB = 80
LINES = 20_000
"""Ten seconds of 2,000 events a second of 600 bytes each, all at once."""


async def test_a_backlog_is_read_and_shipped_in_at_most_80_mib(tmp_path: Path) -> None:
    async with enrolled(tmp_path) as (gateway, config):
        text = "".join(f"Nov 24 08:00:00 host app[1]: {n:08d} {'x' * 560}\n" for n in range(LINES))
        (tmp_path / "lines.log").write_text(text)
        process = await start(config)
        await gateway.until(lambda: len(gateway.records) == LINES)
        peak = peak_mib(process)
        process.send_signal(signal.SIGTERM)
        assert await process.wait() == 0
    assert peak <= MOST_MIB
