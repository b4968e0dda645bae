"""Settings say all their faults at once and accept what the example shows."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest

from collectors.settings import load, load_text
from collectors.source_settings import FindingsSource, PushSource, TailSource, TcpSource, TlsSource, UdpSource
from soc.kernel.errors import ConfigError

EXAMPLE = Path(__file__).resolve().parents[3] / "deploy" / "examples" / "collector.toml"
HEAD = '[collector]\ndata_dir = "data"\ngateways = ["https://soc.example:8443"]\n'
TAIL = '[[source]]\nid = "a"\nkind = "tail"\nformat = "syslog"\npaths = ["x.log"]\n'
PUSH = '[[source]]\nid = "p"\nkind = "http_push"\nlisten = "127.0.0.1:8088"\n'
TLS = (
    '[[source]]\nid = "t"\nkind = "syslog_tls"\nlisten = "[::]:6514"\ncertificate = "c.pem"\nkey = "c.key"\n'
)
FINDINGS = '[[source]]\nid = "f"\nkind = "findings"\nfolder = "exports"\n'


def faults(tmp_path: Path, text: str) -> list[str]:
    path = tmp_path / "collector.toml"
    path.write_text(text)
    with pytest.raises(ConfigError) as caught:
        load(path)
    return [line.removeprefix(f"{path}: ") for line in str(caught.value).splitlines()]


def test_the_example_is_good_as_it_stands() -> None:
    settings = load(EXAMPLE)
    assert [type(source) for source in settings.sources] == [TailSource] * 3 + [UdpSource, TcpSource]
    assert settings.sources[3].format == "syslog"


def test_paths_count_from_the_folder_of_the_file(tmp_path: Path) -> None:
    path = tmp_path / "collector.toml"
    path.write_text(HEAD + TAIL)
    settings = load(path)
    assert settings.spool_dir == tmp_path / "data" / "spool"
    source = settings.sources[0]
    assert isinstance(source, TailSource)
    assert (source.paths, source.zone) == ([str(tmp_path / "x.log")], "Asia/Ho_Chi_Minh")


def test_every_kind_of_source_has_its_keys(tmp_path: Path) -> None:
    more = """
[[source]]
id = "e"
kind = "evtx"
paths = ["logs/*.evtx"]
[[source]]
id = "w"
kind = "windows"
channels = ["Security"]
"""
    push, tls, findings, evtx, windows = load_text(
        HEAD + PUSH + TLS + FINDINGS + more, tmp_path / "c.toml"
    ).sources
    assert isinstance(push, PushSource)
    assert (push.format, push.address, push.overflow) == ("json", ("127.0.0.1", 8088), "block")
    assert isinstance(tls, TlsSource)
    assert (tls.address, tls.format, tls.client_ca) == (("::", 6514), "syslog", "")
    assert (tls.certificate, tls.key) == (str(tmp_path / "c.pem"), str(tmp_path / "c.key"))
    assert isinstance(findings, FindingsSource)
    assert (findings.format, findings.folder) == ("finding", str(tmp_path / "exports"))
    assert (evtx.format, windows.format) == ("evtx_json", "windows_json")
    assert evtx == msgspec.structs.replace(evtx, paths=[str(tmp_path / "logs/*.evtx")])


def test_what_is_not_said_is_as_it_was_before_it_could_be_said(tmp_path: Path) -> None:
    settings = load_text(HEAD + TAIL, tmp_path / "c.toml")
    collector, source = settings.collector, settings.sources[0]
    assert (collector.in_flight, collector.keep_hours, collector.bandwidth_kbit_s) == (4, 24, 0)
    assert (collector.office_kbit_s, collector.metrics_address, collector.allow_configuration) == (
        0,
        None,
        True,
    )
    assert isinstance(source, TailSource)
    assert (source.encoding, source.begins, source.compressed) == ("auto", "", True)
    assert (source.overflow, source.priority) == ("block", 5)


def test_office_hours_and_the_place_of_the_figures_are_read(tmp_path: Path) -> None:
    said = 'office_hours = "08:00-12:00"\noffice_days = "sat"\nmetrics = "[::1]:9470"\n'
    collector = load_text(HEAD + said + TAIL, tmp_path / "c.toml").collector
    saturday = datetime(2026, 11, 28, 1, tzinfo=UTC)  # 08:00 in Ho Chi Minh City
    assert collector.office.open_at(saturday)
    assert not collector.office.open_at(saturday + timedelta(days=1))
    assert collector.metrics_address == ("::1", 9470)


def test_every_fault_is_said_at_once_with_its_place(tmp_path: Path) -> None:
    text = """
surprise = 1
[collector]
data_dir = ""
gateways = ["https://soc.example:8443", "http://soc.example"]
heartbeat_seconds = "often"
[[source]]
id = "Has Spaces"
kind = "tail"
format = "syslog"
zone = "Mars/Olympus"
[[source]]
id = "b"
kind = "telnet"
[[source]]
id = "c"
kind = "syslog_udp"
listen = "0.0.0.0:99999"
port = 5
[[source]]
id = "c"
kind = "syslog_tcp"
listen = "nowhere"
priority = 10
overflow = "drop"
[[source]]
kind = ["tail"]
"""
    assert sorted(fault.split(":")[0] for fault in faults(tmp_path, text)) == [
        "collector.data_dir",
        "collector.gateways",
        "collector.heartbeat_seconds",
        "source.0.id",
        "source.0.paths",
        "source.0.zone",
        "source.1.kind",
        "source.2.listen",
        "source.2.port",
        "source.3.listen",
        "source.3.overflow",
        "source.3.priority",
        "source.4.kind",
        "surprise",
    ]


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        (HEAD + TAIL + TAIL, "source: id 'a' is given 2 times"),
        (HEAD + TAIL + 'zone = "Mars/Olympus"\n', "source.0.zone: no such time zone"),
        (HEAD + TAIL + 'zone = "../../etc/passwd"\n', "source.0.zone"),
        (HEAD, "source: at least one [[source]] is needed"),
        (TAIL, "collector: a table is needed"),
        (HEAD.replace("[", "{", 1), "Invalid statement"),
        (
            HEAD + '[[source]]\nid = "u"\nkind = "syslog_udp"\nlisten = "[::]:70000"\n',
            "source.0.listen: port 70000",
        ),
        (HEAD.replace(":8443", "") + TAIL, "collector.gateways: Expected `str` matching regex"),
        (HEAD + TAIL + 'begins = "(["\n', "source.0.begins: unterminated character set"),
        (HEAD + TAIL + 'begins = "a{99999999999999999999}"\n', "source.0.begins"),
        (HEAD + TAIL + 'encoding = "latin1"\n', "source.0.encoding"),
        (HEAD + TAIL + "multiline_seconds = 0\n", "source.0.multiline_seconds"),
        (HEAD + "in_flight = 5\n" + TAIL, "collector.in_flight"),
        (HEAD + "bandwidth_kbit_s = -1\n" + TAIL, "collector.bandwidth_kbit_s"),
        (HEAD + 'office_hours = "17:30-07:30"\n' + TAIL, "collector.office_hours: accepted: an end after"),
        (HEAD + 'office_hours = "7-17"\n' + TAIL, "collector.office_hours: accepted: HH:MM-HH:MM"),
        (HEAD + 'office_days = "mon-frei"\n' + TAIL, "collector.office_days: accepted: mon, tue"),
        (HEAD + 'zone = "Mars/Olympus"\n' + TAIL, "collector.zone: no such time zone"),
        (HEAD + 'metrics = "0.0.0.0:9470"\n' + TAIL, "collector.metrics: others could reach it"),
        (HEAD + 'metrics = "9470"\n' + TAIL, "collector.metrics: Expected `str` matching regex"),
        (HEAD + PUSH.replace("127.0.0.1", "10.0.0.1"), "source.0.listen: others could reach it"),
        (HEAD + TLS.replace("key", "keys"), "source.0.key: missing"),
        (HEAD + FINDINGS + 'layout = "xlsx"\n', "source.0.layout"),
        (HEAD.replace("8443", "0") + TAIL, "collector.gateways: port 0; accepted: 1 to 65535"),
        (HEAD.replace("8443", "99999") + TAIL, "collector.gateways: port 99999"),
        (HEAD + "spool_mib = 99999999999\n" + TAIL, "collector.spool_mib"),
        (HEAD + TAIL.replace("paths = [", 'paths = ["a\\u0000b", '), "source.0.paths"),
        (
            HEAD + TLS.replace("[::]:6514", "127.0.0.1:8088") + PUSH,
            "source: 2 sources listen on 127.0.0.1:8088 (tcp)",
        ),
    ],
)
def test_a_fault_says_what_is_wrong(tmp_path: Path, text: str, fault: str) -> None:
    assert any(said.startswith(fault) for said in faults(tmp_path, text)), faults(tmp_path, text)


def test_a_missing_file_is_said_in_words(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="No such file"):
        load(tmp_path / "none.toml")
