"""Syslog over TLS at the centre: undisturbed nothing is lost; what a cut loses is measured."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from support.faulty import Fate, bad_line
from support.numbered import COUNT, each_once
from support.open_door import BUSY, Open, a_centre_open_for
from support.programs import rsyslogd, syslog_ng
from support.system import eventually

pytestmark = pytest.mark.timeout(60)
TLS = """
global(DefaultNetstreamDriverCAFile="{ca}" DefaultNetstreamDriverCertFile="{cert}"
  DefaultNetstreamDriverKeyFile="{key}")
"""
TO_TLS = """
action(type="omfwd" target="127.0.0.1" port="{port}" protocol="tcp" TCP_Framing="{framing}"
  StreamDriver="gtls" StreamDriverMode="1" StreamDriverAuthMode="x509/name"
  StreamDriverPermittedPeers="localhost"
  queue.type="LinkedList" action.resumeRetryCount="-1" action.resumeInterval="1")
"""
NG_TO_TLS = """
{driver}("localhost" port({port}) transport("tls") time-reopen(1)
  tls(ca-file("{ca}") cert-file("{cert}") key-file("{key}") peer-verify(required-trusted)))
"""


@pytest.fixture
def door(tmp_path: Path) -> Iterator[Open]:
    with a_centre_open_for("syslog", tmp_path) as centre:
        yield centre


@pytest.mark.parametrize("framing", ["traditional", "octet-counted"])
def test_rsyslog_over_tls_is_stored_once(door: Open, framing: str) -> None:
    action = TO_TLS.format(port=door.port, framing=framing)
    with rsyslogd(door.sender, action, extra=TLS.format(**door.files)):
        door.waits_for()
    assert door.ends() == each_once()


def test_rsyslog_over_tls_is_slowed_down_and_stored_once(tmp_path: Path) -> None:
    with a_centre_open_for("syslog", tmp_path, settings=BUSY) as door:
        action = TO_TLS.format(port=door.port, framing="octet-counted")
        with rsyslogd(door.sender, action, extra=TLS.format(**door.files)):
            door.waits_for()
        assert door.limited()
        assert door.ends() == each_once()


@pytest.mark.parametrize("driver", ["network", "syslog"])
def test_syslog_ng_over_tls_is_stored_once(door: Open, driver: str) -> None:
    with syslog_ng(door.sender, NG_TO_TLS.format(driver=driver, port=door.port, **door.files)):
        door.waits_for()
    assert door.ends() == each_once()


def test_what_a_cut_loses_is_measured(door: Open) -> None:
    with bad_line(door.port, Fate(sent=30_000)) as line:
        action = TO_TLS.format(port=line.port, framing="traditional")
        with rsyslogd(door.sender, action, extra=TLS.format(**door.files)):
            eventually(lambda: line.cuts == 1, within_s=9, what="the cut")
            before = door.waits_for_quiet()
            with (door.sender / "lines.log").open("a") as file:
                file.write(f"number {COUNT} \n")
            door.waits_for(before + 1)
            door.waits_for_quiet()
    found = door.ends()
    assert max(found.values()) == 1
    assert found[COUNT]
    print(f"syslog over TLS, cut after 30,000 bytes: {len(found)} of {COUNT + 1} lines stored")
