"""Settings say all their faults at once and accept what the example shows."""

from pathlib import Path

import pytest

from collectors.settings import TailSource, TcpSource, UdpSource, load
from soc.kernel.errors import ConfigError

EXAMPLE = Path(__file__).resolve().parents[3] / "deploy" / "examples" / "collector.toml"
HEAD = '[collector]\ndata_dir = "data"\ngateways = ["https://soc.example:8443"]\n'
TAIL = '[[source]]\nid = "a"\nkind = "tail"\nformat = "syslog"\npaths = ["x.log"]\n'


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
"""
    assert sorted(fault.split(":")[0] for fault in faults(tmp_path, text)) == [
        "collector.data_dir",
        "collector.gateways",
        "collector.heartbeat_seconds",
        "source.0.id",
        "source.0.paths",
        "source.1.kind",
        "source.2.port",
        "source.3.listen",
        "surprise",
    ]


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        (HEAD + TAIL + TAIL, "source: id 'a' is given 2 times"),
        (HEAD + TAIL + 'zone = "Mars/Olympus"\n', "source.0.zone: 'Mars/Olympus'"),
        (HEAD + TAIL + 'zone = "../../etc/passwd"\n', "source.0.zone"),
        (HEAD, "source: at least one [[source]] is needed"),
        (TAIL, "collector: a table is needed"),
        (HEAD.replace("[", "{", 1), "Invalid statement"),
        (
            HEAD + '[[source]]\nid = "u"\nkind = "syslog_udp"\nlisten = "[::]:70000"\n',
            "source.0.listen: port 70000",
        ),
        (HEAD.replace(":8443", "") + TAIL, "collector.gateways: Expected `str` matching regex"),
    ],
)
def test_a_fault_says_what_is_wrong(tmp_path: Path, text: str, fault: str) -> None:
    assert any(said.startswith(fault) for said in faults(tmp_path, text)), faults(tmp_path, text)


def test_a_missing_file_is_said_in_words(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="No such file"):
        load(tmp_path / "none.toml")
