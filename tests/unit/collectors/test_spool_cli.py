"""What is kept on the machine can be looked at, proved and taken along, by whoever may read it."""

import json
from pathlib import Path

import msgspec
import pytest
from click.testing import CliRunner, Result
from support.revising import settings_text
from support.spooling import a_journal, a_record

from collectors.cli import main
from soc.spool.journal import Journal, Shed


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "collector.toml"
    path.write_text(settings_text())
    return path


def spool(config: Path, *words: str) -> Result:
    return CliRunner().invoke(main, ["spool", *words, "--config", str(config)])


def filled(config: Path) -> Journal:
    journal = a_journal(config.parent / "data" / "spool", segment_bytes=1)
    journal.append([a_record("một"), a_record("two")], {})
    journal.append([a_record("three")], {}, [Shed("net", 2, "the spool is full", 7)])
    journal.append([a_record("seven")], {})
    journal.acknowledge(3)
    return journal


def test_list_shows_each_segment_while_the_collector_runs(config: Path) -> None:
    journal = filled(config)
    lines = spool(config, "list").output.splitlines()
    journal.close()
    assert [line.split("  ")[1] for line in lines[:-1]] == ["1–2", "3–5", "6–6"]
    assert "1 records, 2 declared gaps" in lines[1]
    assert [line.rpartition(", ")[2] for line in lines[:-1]] == ["delivered", "waiting", "waiting"]
    assert lines[-1] == "3 segments; 4 numbers are not delivered"


def test_verify_is_content_with_a_whole_spool(config: Path) -> None:
    filled(config).close()
    result = spool(config, "verify")
    assert (result.exit_code, "3 to 6 are to be delivered" in result.output) == (0, True)


def test_verify_names_what_is_missing(config: Path) -> None:
    filled(config).close()
    (config.parent / "data" / "spool" / f"{3:020d}.seg").write_bytes(b"damaged")
    result = spool(config, "verify")
    assert result.exit_code == 1
    assert "missing: 3 to 5" in result.output
    assert "7 bytes are no whole frame" in result.output


def test_export_gives_every_record_that_is_kept(config: Path) -> None:
    journal = filled(config)
    journal.append([a_record("x")], {})
    journal.close()
    items = [json.loads(line) for line in spool(config, "export", "--from", "2").output.splitlines()]
    assert [(item["seq"], item["text"]) for item in items] == [
        (2, "two"),
        (3, "three"),
        (6, "seven"),
        (7, "x"),
    ]
    assert items[0] | {"text": ""} == {
        "seq": 2,
        "source": "file",
        "format": "syslog",
        "read_at": "1970-01-01T00:00:01.000Z",
        "text": "",
    }


def test_export_keeps_bytes_that_are_no_text(config: Path) -> None:
    journal = a_journal(config.parent / "data" / "spool")
    journal.append([msgspec.structs.replace(a_record(""), raw=b"\xff")], {})
    journal.close()
    (item,) = [json.loads(line) for line in spool(config, "export").output.splitlines()]
    assert (item["base64"], "text" in item) == ("/w==", False)


def test_what_was_set_aside_can_be_taken_along(config: Path) -> None:
    journal = filled(config)
    journal.set_aside(6, "refused by the centre: 400")
    journal.close()
    (item,) = [json.loads(line) for line in spool(config, "export", "--refused").output.splitlines()]
    assert (item["seq"], item["text"], item["refused"]) == (6, "seven", "refused by the centre: 400")


def test_a_machine_without_a_spool_has_nothing_to_show(config: Path) -> None:
    assert spool(config, "list").output == "0 segments; 0 numbers are not delivered\n"
    assert spool(config, "verify").exit_code == 0
    assert spool(config, "export").output == ""
