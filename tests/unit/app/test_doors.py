"""Settings open doors; each lets in whoever proves who it is, and one without its table stays closed."""

import asyncio
import io
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from support.centre import trusting
from support.system import RULE

from soc.app.centre import open_centre
from soc.app.content import house_mappings
from soc.app.doors import open_doors
from soc.kernel.clock import SystemClock
from soc.kernel.errors import ConfigError
from soc.kernel.logs import open_log
from soc.settings.model import Settings

CLOSED = {"listen": "127.0.0.1:0"}
ALL = ("bulk", "beats", "relp", "syslog")


@asynccontextmanager
async def opened(folder: Path, **doors: Any) -> AsyncIterator[dict[str, str]]:
    """Open a centre's doors."""
    (folder / "rule.yml").write_text(RULE)
    settings = Settings.model_validate(
        {
            "data_dir": folder / "centre",
            "gateway": {"listen": "127.0.0.1:0", **doors},
            "rules": {"folders": [folder / "rule.yml"], "mappings": house_mappings()},
            "playbooks": {"folders": []},
        }
    )
    async with (
        open_centre(settings, SystemClock(), open_log(io.StringIO())) as centre,
        asyncio.TaskGroup() as group,
        AsyncExitStack() as edges,
    ):
        yield await open_doors(edges, group, centre)
        for task in group._tasks:  # as the end of the centre does
            task.cancel()


async def test_only_the_collectors_port_is_open_where_nothing_else_is_asked_for(tmp_path: Path) -> None:
    async with opened(tmp_path) as found:
        assert list(found) == ["gateway"]


async def test_every_door_of_the_settings_is_opened(tmp_path: Path) -> None:
    async with opened(tmp_path, **dict.fromkeys(ALL, CLOSED)) as found:
        assert found.keys() == {"gateway", *ALL}
        tls = trusting(tmp_path / "centre" / "pki")
        async with aiohttp.ClientSession() as session:
            async with session.get(found["bulk"], ssl=tls) as answer:
                assert answer.status == 401
            async with session.post(f"{found['gateway']}/v1/batches", ssl=tls) as answer:
                assert answer.status == 403
        for name in ("beats", "relp", "syslog"):
            reader, writer = await asyncio.open_connection("127.0.0.1", port_of(found[name]), ssl=tls)
            with pytest.raises((OSError, EOFError)):
                await reader.readexactly(1)
            writer.close()


def port_of(address: str) -> int:
    return int(address.rpartition(":")[2])


async def test_a_door_that_cannot_be_opened_is_named(tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    async with opened(tmp_path) as found:
        taken = found["gateway"].removeprefix("https://")
        with pytest.raises(ExceptionGroup) as refused:
            async with opened(tmp_path / "other", relp={"listen": taken}):
                pass
    (fault,) = refused.value.exceptions
    assert isinstance(fault, ConfigError)
    assert taken in str(fault)
