"""What settings mean on this machine."""

from pathlib import Path

from collectors.checking import faults_of, found_by
from collectors.settings import load_text

TEXT = """
[collector]
data_dir = "{data_dir}"
gateways = ["https://soc.tinh.gov.vn:8443"]
[[source]]
id = "log"
kind = "tail"
format = "syslog"
paths = ["*.log"]
[[source]]
id = "scans"
kind = "findings"
folder = "{folder}"
[[source]]
id = "devices"
kind = "syslog_tls"
listen = "127.0.0.1:6514"
certificate = "no.pem"
key = "no.key"
"""


def test_what_would_never_work_is_a_fault_and_a_log_that_may_come_is_none(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    text = TEXT.format(data_dir="file", folder="file")
    assert [fault.split(": ")[0] for fault in faults_of(load_text(text, tmp_path / "c.toml"))] == [
        "collector.data_dir",
        "source.1.folder",
        "source.2",
    ]
    (tmp_path / "scans").mkdir()
    text = TEXT.format(data_dir="new/data", folder="scans")
    assert [fault.split(": ")[0] for fault in faults_of(load_text(text, tmp_path / "c.toml"))] == ["source.2"]


def test_what_each_source_would_read_is_a_line(tmp_path: Path) -> None:
    (tmp_path / "a.log").write_text("")
    settings = load_text(TEXT.format(data_dir="data", folder="scans"), tmp_path / "c.toml")
    assert [found_by(source) for source in settings.sources] == [
        "1 files match",
        f"folder {tmp_path}/scans",
        "syslog_tls on 127.0.0.1:6514",
    ]
