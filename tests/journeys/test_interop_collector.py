"""Devices that speak plain syslog to a collector: every line is stored, none twice; losses are measured."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from support.faulty import Fate, bad_line
from support.numbered import COUNT, each_once, sender_in, stored
from support.programs import logger, rsyslogd, syslog_ng
from support.system import System, eventually, free_port, quiet

pytestmark = pytest.mark.timeout(60)
TO_TCP = """
action(type="omfwd" target="127.0.0.1" port="{port}" protocol="tcp" TCP_Framing="{framing}"
  queue.type="LinkedList" action.resumeRetryCount="-1" action.resumeInterval="1")
"""
DATAGRAMS = """
[[source]]
id = "datagrams"
kind = "syslog_udp"
format = "syslog"
listen = "127.0.0.1:{port}"
"""


class Site(System):
    """A collector with a second source, beside a sender."""

    def __init__(self, folder: Path) -> None:
        self.udp_port = free_port()
        super().__init__(folder, sources=DATAGRAMS.format(port=self.udp_port))
        self.sender = sender_in(folder)

    def waits_for(self, key: str, *more: str) -> None:
        """Wait until the counts of the account's keys make up what was sent."""
        eventually(
            lambda: sum(self.account().get(name, 0) for name in (key, *more)) >= COUNT,
            within_s=9,
            what=f"{COUNT} {key}",
        )

    def stored(self) -> int:
        """Return how many events of the collector are stored."""
        return int(self.account().get("stored", 0))


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    site = Site(tmp_path)
    try:
        site.start_centre()
        site.enrol()
        site.start_collector()
        yield site
    finally:
        site.stop_all()


def by_logger(site: Site, options: str, port: int) -> None:
    target = ("--server", "127.0.0.1", "--port", str(port), "--tag", "app")
    logger(*options.split(), *target, "--file", site.sender / "lines.log")


def each_is_stored_once(site: Site) -> None:
    site.waits_for("stored")
    account = site.account()
    site.stop("collector")
    site.stop("centre")
    assert stored(site.folder / "centre", "net") == each_once()
    assert account["received"] == account["stored"] == COUNT
    assert account["unexplained_gap"] == account["declared_gap"] == 0


@pytest.mark.parametrize("options", ["--tcp", "--tcp --octet-count", "--tcp --rfc3164"])
def test_lines_of_logger_are_stored_once(site: Site, options: str) -> None:
    by_logger(site, options, site.syslog_port)
    each_is_stored_once(site)


def test_datagrams_of_logger_are_stored_once_or_declared_lost(site: Site) -> None:
    by_logger(site, "--udp", site.udp_port)
    site.waits_for("stored", "declared_gap")
    account = site.account()
    site.stop("collector")
    site.stop("centre")
    found = stored(site.folder / "centre", "datagrams")
    print(f"syslog over UDP: {len(found)} of {COUNT} datagrams stored")
    assert found.total() == len(found) == COUNT - account["declared_gap"]


@pytest.mark.parametrize("framing", ["traditional", "octet-counted"])
def test_lines_of_rsyslog_are_stored_once(site: Site, framing: str) -> None:
    with rsyslogd(site.sender, TO_TCP.format(port=site.syslog_port, framing=framing)):
        each_is_stored_once(site)


@pytest.mark.parametrize("driver", ["network", "syslog"])
def test_lines_of_syslog_ng_are_stored_once(site: Site, driver: str) -> None:
    action = f'{driver}("127.0.0.1" port({site.syslog_port}) transport("tcp"))'
    with syslog_ng(site.sender, action):
        each_is_stored_once(site)


def test_what_a_cut_loses_on_plain_tcp_is_measured(site: Site) -> None:
    with (
        bad_line(site.syslog_port, Fate(sent=30_000)) as line,
        rsyslogd(site.sender, TO_TCP.format(port=line.port, framing="traditional")),
    ):
        eventually(lambda: line.cuts == 1, within_s=9, what="the cut")
        before = quiet(site.stored, within_s=9)
        with (site.sender / "lines.log").open("a") as file:
            file.write(f"number {COUNT} \n")
        eventually(lambda: site.stored() > before, within_s=9, what="the last line")
        quiet(site.stored, within_s=9)
    account = site.account()
    site.stop("collector")
    site.stop("centre")
    found = stored(site.folder / "centre", "net")
    print(f"syslog over TCP, cut after 30,000 bytes: {len(found)} of {COUNT + 1} lines stored")
    assert found[COUNT] == max(found.values()) == 1
    assert account["received"] == account["stored"]
    assert account["unexplained_gap"] == account["declared_gap"] == 0
