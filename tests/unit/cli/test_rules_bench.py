"""``soc rules bench`` measures, and finds the rules that cost most."""

import json
from pathlib import Path

from click.testing import CliRunner

from soc.cli import main

CHEAP = """title: Cheap
id: cheap
logsource: {product: windows}
detection: {s: {Image: a}, condition: s}
level: low
"""
DEAR = """title: Dear
id: dear
logsource: {product: windows}
detection:
  s: {CommandLine|re: 'a.{0,20}b.{0,20}c.{0,20}d'}
  condition: s
level: low
"""


def bench(tmp_path: Path, *more: str) -> str:
    (tmp_path / "rules").mkdir(exist_ok=True)
    (tmp_path / "rules" / "cheap.yml").write_text(CHEAP)
    (tmp_path / "rules" / "dear.yml").write_text(DEAR)
    lines = [
        json.dumps(
            {"Channel": "Security", "EventID": 1, "Image": "a", "CommandLine": f"{n} " + "abacada" * 200}
        )
        for n in range(300)
    ]
    (tmp_path / "events.ndjson").write_text("\n".join(lines))
    command = ["rules", "bench", str(tmp_path / "events.ndjson"), "--rules", str(tmp_path / "rules"), *more]
    result = CliRunner().invoke(main, command)
    assert result.exit_code == 0, result.output
    return result.output


def test_figures_are_told_for_programs(tmp_path: Path) -> None:
    figures = json.loads(bench(tmp_path, "--json"))
    assert (figures["rules"], figures["events"], figures["events_with_matches"]) == (2, 300, 300)
    assert figures["second_events_per_second"] > 0
    assert [row["id"] for row in figures["dearest_microseconds_per_event"]] == ["dear", "cheap"]


def test_and_for_people(tmp_path: Path) -> None:
    said = bench(tmp_path)
    assert "second events per second" in said
    assert said.index("Dear") < said.index("Cheap")


def test_no_record_is_an_error(tmp_path: Path) -> None:
    bench(tmp_path)
    (tmp_path / "empty").touch()
    command = ["rules", "bench", str(tmp_path / "empty"), "--rules", str(tmp_path / "rules")]
    result = CliRunner().invoke(main, command)
    assert result.exit_code == 1
    assert "no record" in result.output
