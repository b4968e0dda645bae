"""Opening: every kind of source that the settings know becomes one that runs."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from io import StringIO
from pathlib import Path

import pytest
from msgspec.msgpack import encode
from support.pki import issue, make_ca

from collectors.opening import open_source
from collectors.reading import Source
from collectors.settings import load_text
from collectors.source_settings import KINDS
from collectors.sources.evtx import EvtxFolder
from collectors.sources.findings import FindingsFolder, Progress
from collectors.sources.marks import Mark
from collectors.sources.push import HttpPush
from collectors.sources.syslog_tcp import SyslogTcp
from collectors.sources.tail import Tail
from soc.kernel.clock import ManualClock
from soc.kernel.errors import ConfigError
from soc.kernel.logs import open_log

COLLECTOR = '[collector]\ndata_dir = "d"\ngateways = ["https://soc.example:8443"]\n'
CLOCK = ManualClock(datetime(2026, 11, 24, tzinfo=UTC))


def opened(kind: str, more: str, folder: Path, states: Mapping[str, bytes] | None = None) -> Source:
    text = f'{COLLECTOR}[[source]]\nid = "s"\nkind = "{kind}"\n{more}\n'
    (settings,) = load_text(text, folder / "collector.toml").sources
    return open_source(settings, states or {}, CLOCK, open_log(StringIO()), 7 << 20)


def test_a_tail_reads_in_the_manner_that_was_asked_for(tmp_path: Path) -> None:
    more = """
format = "syslog"
paths = ["*.log"]
encoding = "cp1258"
begins = '^\\d'
multiline_seconds = 7
compressed = false
"""
    tail = opened("tail", more, tmp_path)
    assert isinstance(tail, Tail)
    manner = tail.manner
    assert (manner.encoding, manner.begins, manner.patience.seconds) == ("cp1258", "^\\d", 7)
    assert not manner.compressed
    assert manner.floor_bytes == 7 << 20
    tail.close()


def test_syslog_inside_tls_shows_the_certificate_beside_the_settings(tmp_path: Path) -> None:
    issued = issue(make_ca(tmp_path), "127.0.0.1")
    more = f'listen = "127.0.0.1:45141"\ncertificate = "{issued.certificate.name}"\nkey = "{issued.key.name}"'
    source = opened("syslog_tls", more, tmp_path)
    assert isinstance(source, SyslogTcp)
    assert source.tls is not None
    source.close()


def test_a_certificate_that_is_missing_is_said_before_anything_runs(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="No such file"):
        opened("syslog_tls", 'listen = "127.0.0.1:45141"\ncertificate = "a"\nkey = "b"', tmp_path)


def test_posts_are_taken_at_the_loopback_address(tmp_path: Path) -> None:
    source = opened("http_push", 'listen = "127.0.0.1:45142"', tmp_path)
    assert isinstance(source, HttpPush)
    assert (source.listener.getsockname(), source.stamp.format) == (("127.0.0.1", 45142), "json")
    source.close()


def test_windows_logs_are_gone_on_with_where_they_were_left(tmp_path: Path) -> None:
    source = opened("evtx", 'paths = ["*.evtx"]', tmp_path, {"s/1": encode(Mark(7, "d", 1)), "t/1": b""})
    assert isinstance(source, EvtxFolder)
    assert source.paths == (str(tmp_path / "*.evtx"),)
    assert source._marks.texts() == ["7:d"]
    source.close()


def test_exports_that_were_read_are_known(tmp_path: Path) -> None:
    progress = Progress(("d1",))
    source = opened(
        "findings", 'folder = "exports"\nlayout = "csv"', tmp_path, {"s/exports": encode(progress)}
    )
    assert isinstance(source, FindingsFolder)
    assert (source.folder, source.layout, source._progress) == (str(tmp_path / "exports"), "csv", progress)
    source.close()


def test_the_live_event_log_is_refused_where_there_is_none(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="needs Windows"):
        opened("windows", 'channels = ["Security"]', tmp_path)


def test_sources_in_the_example_are_accepted_also_those_that_are_commented_out() -> None:
    example = Path(__file__).resolve().parents[3] / "deploy" / "examples" / "collector.toml"
    text = re.sub(
        r"^# (?=\[\[source]]|[a-z_]+ = )", "", example.read_text(encoding="utf-8"), flags=re.MULTILINE
    )
    kinds = {source.kind for source in load_text(text, example).sources}
    assert kinds == KINDS.keys() - {"windows"}
