"""Every fault of a settings file is said at once, with its key and what would be accepted."""

from pathlib import Path

import pytest

from soc.kernel.errors import ConfigError
from soc.settings.load import load, schema
from soc.settings.model import BulkConfig, LimitsConfig


def written(folder: Path, text: str) -> Path:
    path = folder / "soc.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_every_fault_is_said_at_once(tmp_path: Path) -> None:
    path = written(
        tmp_path,
        """
        zone = "Asia/Hanoi_"
        surplus = 1
        [gateway]
        listen = "nowhere"
        [gateway.limits]
        places = 0
        agency_events_per_second = "many"
        [gateway.bulk]
        listen = "0.0.0.0:9200"
        version = "nine"
        [gateway.relp]
        zone = "Mars/Olympus"
        [gateway.lumberjack]
        [retention]
        standard_days = 0
        """,
    )
    with pytest.raises(ConfigError) as found:
        load(path)
    said = str(found.value)
    for key in (
        "data_dir",
        "zone",
        "surplus",
        "gateway.listen",
        "gateway.limits.places",
        "gateway.limits.agency_events_per_second",
        "gateway.bulk.version",
        "gateway.relp.listen",
        "gateway.relp.zone",
        "gateway.lumberjack",
        "retention.standard_days",
    ):
        assert f": {key}: " in said
    assert "Asia/Ho_Chi_Minh" in said


def test_a_door_is_closed_unless_its_table_stands(tmp_path: Path) -> None:
    gateway = load(written(tmp_path, 'data_dir = "d"\n[gateway.bulk]\nlisten = "0.0.0.0:9200"\n')).gateway
    assert gateway.bulk == BulkConfig(listen="0.0.0.0:9200")
    assert (gateway.bulk.source, gateway.bulk.format, gateway.bulk.version) == ("bulk", "json", "9.1.0")
    assert (gateway.beats, gateway.relp, gateway.syslog) == (None, None, None)
    assert (gateway.workers, gateway.limits) == (1, LimitsConfig())


def test_relative_paths_count_from_the_file(tmp_path: Path) -> None:
    settings = load(written(tmp_path, 'data_dir = "data"\n'))
    assert settings.data_dir == tmp_path / "data"
    assert settings.rules.folders == [tmp_path / "rules"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('data_dir = "d"\n[console]\nlisten = "0.0.0.0:80"\n', "loopback only"),
        ('data_dir = "d"\n[console]\ncertificate = "c"\n', "belong together"),
        ('data_dir = "d"\n[[agency]]\nid = "a"\nname = "A"\n[[agency]]\nid = "a"\nname = "B"\n', "2 times"),
        ('data_dir = "d"\n[[agency]]\nid = "soc"\nname = "A"\n', "centre's own"),
        ('data_dir = "d"\n[[agency]]\nid = "Sở Y tế"\nname = "A"\n', "agency.0.id"),
        ("data_dir = \n", "soc.toml"),
        (
            'data_dir = "d"\n[gateway]\nworkers = 4\n',
            "gateway.workers: 4; the embedded store has",
        ),
        ('data_dir = "d"\n[gateway.relp]\nlisten = "0.0.0.0:8443"\n', "gateway.relp.listen: .* 2 times"),
    ],
    ids=["open console", "half a key", "twice", "own id", "odd id", "no toml", "workers", "one port"],
)
def test_a_contradiction_is_refused(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        load(written(tmp_path, text))


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="nothing-here"):
        load(tmp_path / "nothing-here")


def test_editors_get_a_schema() -> None:
    assert {"data_dir", "gateway", "agency"} <= set(schema()["properties"])
