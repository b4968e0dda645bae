"""Sources are opened together, each with the channel that suits it."""

import socket
from io import StringIO
from pathlib import Path

import pytest
from support.spooling import a_journal

from collectors.flows import Flows
from collectors.settings import Settings, load_text
from soc.kernel.clock import SystemClock
from soc.kernel.errors import ConfigError
from soc.kernel.logs import open_log

TAIL = '[[source]]\nid = "file"\nkind = "tail"\nformat = "syslog"\npaths = ["*.log"]\n'
SOCKET = '[[source]]\nid = "{id}"\nkind = "{kind}"\nlisten = "{at}"\n'


def settings(folder: Path, *sources: str) -> Settings:
    text = '[collector]\ndata_dir = "data"\ngateways = ["https://127.0.0.1:9"]\n' + "".join(sources)
    return load_text(text, folder / "collector.toml")


def free(kind: socket.SocketKind) -> str:
    with socket.socket(socket.AF_INET, kind) as probe:
        probe.bind(("127.0.0.1", 0))
        return f"127.0.0.1:{probe.getsockname()[1]}"


def test_sources_that_shed_do_not_wait_behind_those_that_can(tmp_path: Path) -> None:
    udp = SOCKET.format(id="net", kind="syslog_udp", at=free(socket.SOCK_DGRAM))
    tail = TAIL.replace("[[source]]\n", '[[source]]\noverflow = "shed"\n').replace('"file"', '"debug"')
    journal = a_journal(tmp_path / "spool")
    flows = Flows.opened(settings(tmp_path, TAIL, udp, tail), journal, SystemClock(), open_log(StringIO()))
    waiting, shedding = flows.channels
    assert [channel for _, channel in flows.sources] == [waiting, shedding, shedding]
    flows.close()
    journal.close()


def test_one_source_that_cannot_be_opened_leaves_none_open(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        good = free(socket.SOCK_STREAM)
        bad = f"127.0.0.1:{taken.getsockname()[1]}"
        sources = [SOCKET.format(id=f"s{n}", kind="syslog_tcp", at=at) for n, at in enumerate((good, bad))]
        journal = a_journal(tmp_path / "spool")
        with pytest.raises(ConfigError, match=bad):
            Flows.opened(settings(tmp_path, *sources), journal, SystemClock(), open_log(StringIO()))
        journal.close()
    host, _, port = good.rpartition(":")
    socket.create_server((host, int(port))).close()
