"""NXLog as it was recorded, sent to a collector inside TLS: each event once, sent again or not."""

import os
import ssl
from datetime import UTC, datetime
from pathlib import Path

import pytest
import zstandard
from support.pki import issue, make_ca
from support.readings import ORIGIN, own_sources
from support.sending import received, running, send

from collectors.reading import Stamp
from collectors.sources.listening import listen_tcp
from collectors.sources.syslog_tcp import SyslogTcp
from collectors.sources.syslog_tls import server_tls
from soc.kernel.clock import ManualClock
from soc.model.event import Event, Mark
from soc.model.record import Record
from soc.parsing.parse import parse

NOW = datetime(2026, 11, 24, tzinfo=UTC)
STAMP = Stamp("pc", "windows_json", "Asia/Ho_Chi_Minh", ManualClock(NOW))
EVENTS = 500


def recorded() -> list[bytes]:
    project = Path(__file__).parents[4]
    folder = Path(os.environ.get("SOC_CORPORA", project / ".." / "shared" / "corpora")) / "otrf"
    if not folder.is_dir():
        pytest.skip("no corpora: SOC_CORPORA is not set")
    with zstandard.open(folder / "covenant_persiststartup.json.zst", "rb") as stream:
        lines: list[bytes] = stream.read(8 << 20).splitlines()
    return lines[:EVENTS]


def event(record: Record, sequence: int) -> Event:
    return parse(
        record,
        ORIGIN,
        received_at_ms=STAMP.clock.now_ms(),
        sources=own_sources(),
        collector_boot="b",
        sequence=sequence,
    )


async def test_recorded_events_come_whole_and_keep_their_ids_when_sent_again(tmp_path: Path) -> None:
    lines = recorded()
    assert b'"SourceModuleName":"eventlog"' in lines[0]
    ca = make_ca(tmp_path)
    server = issue(ca, "127.0.0.1")
    listener = listen_tcp("127.0.0.1", 0)
    source = SyslogTcp(listener, STAMP, tls=server_tls(str(server.certificate), str(server.key)))
    body = b"".join(line + b"\r\n" for line in lines)
    async with running(source) as out:
        for _ in range(2):
            await send(listener, body, tls=ssl.create_default_context(cafile=ca.path))
        records = await received(out, 2 * EVENTS)
    assert [record.raw for record in records] == lines * 2
    events = [event(record, sequence) for sequence, record in enumerate(records, 1)]
    assert all(logsource.product == "windows" for found in events for logsource in found.logsources)
    assert not any(found.marks & {Mark.QUARANTINED, Mark.NO_TIME} for found in events)
    assert [found.id for found in events[:EVENTS]] == [found.id for found in events[EVENTS:]]
    assert len({found.id for found in events}) == EVENTS
