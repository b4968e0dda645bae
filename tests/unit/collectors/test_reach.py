"""Settings from afar read only where this collector reads anyway."""

from pathlib import Path

import pytest

from collectors.reach import check_reach, folder_of
from collectors.settings import Settings, load_text
from soc.kernel.errors import ConfigError

LOCAL = 'id = "a"\nkind = "tail"\nformat = "syslog"\npaths = ["/srv/app/*/out-*.log"]'


def settings(source: str) -> Settings:
    text = f'[collector]\ndata_dir = "data"\ngateways = ["https://h:1"]\n[[source]]\n{source}\n'
    return load_text(text, Path("/etc/soc/collector.toml"))


@pytest.mark.parametrize(
    "source",
    [
        'id = "b"\nkind = "tail"\nformat = "syslog"\npaths = ["/srv/app/new/*.log", "/var/log/**/*.log"]',
        'id = "b"\nkind = "evtx"\npaths = ["/srv/app/*.evtx"]',
        'id = "b"\nkind = "findings"\nfolder = "/srv/app/findings"',
        'id = "b"\nkind = "syslog_udp"\nlisten = "0.0.0.0:514"',
    ],
)
def test_folders_of_the_local_file_and_the_systems_logs_are_open(source: str) -> None:
    check_reach(settings(source), settings(LOCAL))


@pytest.mark.parametrize(
    "source",
    [
        'id = "b"\nkind = "tail"\nformat = "syslog"\npaths = ["/etc/shadow"]',
        'id = "b"\nkind = "tail"\nformat = "syslog"\npaths = ["/**/*"]',
        'id = "b"\nkind = "tail"\nformat = "syslog"\npaths = ["/srv/*/x"]',
        'id = "b"\nkind = "tail"\nformat = "syslog"\npaths = ["/var/log/../../etc/shadow"]',
        'id = "b"\nkind = "evtx"\npaths = ["/home/*.evtx"]',
        'id = "b"\nkind = "findings"\nfolder = "/etc"',
        'id = "b"\nkind = "syslog_tls"\nlisten = "0.0.0.0:6514"\ncertificate = "/etc/c"\nkey = "/etc/k"',
    ],
)
def test_every_other_folder_is_closed(source: str) -> None:
    with pytest.raises(ConfigError, match="lies in no folder"):
        check_reach(settings(source), settings(LOCAL))


@pytest.mark.parametrize(
    ("pattern", "folder"),
    [("/a/b/c.log", "/a/b"), ("/a/b*/c.log", "/a"), ("/a/[bc]/d", "/a"), ("/**", "/"), ("/a/**/x", "/a")],
)
def test_the_folder_of_a_pattern_is_what_it_cannot_leave(pattern: str, folder: str) -> None:
    assert str(folder_of(pattern)) == folder
