"""What an operator types to let agencies send, and what the centre makes of it."""

import asyncio
import csv
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from support.controlling import CREDENTIALS, KEYS, Socket, controlled

from collectors.enrol import new_key
from soc.cli import main
from soc.gateway.credentials import enrol
from soc.model.heartbeat import ConfigurationState, Fate, Heartbeat
from soc.model.identity import Origin

ORIGIN = Origin("so-y-te", "c1")


@pytest.fixture
def centre(tmp_path: Path) -> Iterator[Socket]:
    (tmp_path / "soc.toml").write_text(f'data_dir = "{tmp_path}"\n')
    with controlled(tmp_path) as socket:
        yield socket


def run(centre: Socket, *words: str) -> Result:
    return CliRunner().invoke(main, [*words, "--config", str(centre.path.parent / "soc.toml")])


def facts_of(centre: Socket) -> int:
    return centre.recorder.chain.next_n


def test_one_token_is_printed(centre: Socket) -> None:
    result = run(centre, "agency", "enrol", "so-y-te", "mail-gateway")
    assert (result.exit_code, len(result.output.strip())) == (0, 32)


def test_a_csv_gives_a_token_for_each_of_hundreds_of_sites(centre: Socket, tmp_path: Path) -> None:
    sites = tmp_path / "sites.csv"
    sites.write_text("\ufeffagency,collector\n" + "".join(f"so-y-te,xa-{n}\n" for n in range(823)))
    result = run(centre, "agency", "enrol", str(sites))
    assert (result.exit_code, "823 tokens" in result.output) == (0, True)
    made = tmp_path / "sites.tokens.csv"
    rows = list(csv.DictReader(made.read_text().splitlines()))
    assert (len({row["token"] for row in rows}), rows[5]["collector"]) == (823, "xa-5")
    assert made.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("agency,collector\nso-y-te,a\nso-y-te,\n", "sites.csv:3"),
        ("agency,collector\nso-y-te,a\nkhac,b\n", "khac"),
        ("agency,collector\nso-y-te,a\nso-y-te,b:c\n", "collector"),
        ("agency,collector\nso-y-te,a\nso-y-te,a\n", "twice"),
        ("agency,collector\nso-y-te,a,live,x\n", "more values"),
        ("agency,site\nso-y-te,a\n", "accepted: agency"),
        ("agency,collector\n", "0 sites"),
        ("", "accepted: agency"),
    ],
)
def test_one_bad_line_and_nothing_is_issued(centre: Socket, tmp_path: Path, text: str, said: str) -> None:
    sites = tmp_path / "sites.csv"
    sites.write_text(text)
    result = run(centre, "agency", "enrol", str(sites))
    assert (result.exit_code, said in result.output, facts_of(centre)) == (1, True, 0), result.output
    assert not (tmp_path / "sites.tokens.csv").exists()


def test_tokens_never_overwrite_a_file(centre: Socket, tmp_path: Path) -> None:
    sites = tmp_path / "sites.csv"
    sites.write_text("agency,collector\nso-y-te,a\n")
    result = run(centre, "agency", "enrol", str(sites), "--out", str(sites))
    assert (result.exit_code, facts_of(centre)) == (1, 0)
    assert sites.read_text() == "agency,collector\nso-y-te,a\n"


def test_a_key_and_a_certificate_are_made_for_foreign_programs(centre: Socket, tmp_path: Path) -> None:
    key_id, _, secret = run(centre, "agency", "key", "so-y-te", "filebeat").output.strip().partition(":")
    now_ms = centre.clock.now_ms()
    assert centre.recorder.state(KEYS).check(key_id, secret, now_ms) == Origin("so-y-te", "filebeat")
    assert run(centre, "agency", "revoke-key", key_id, "--why", "leaked").exit_code == 0
    (tmp_path / "s.csr").write_text(new_key()[1])
    result = run(centre, "agency", "certificate", "so-y-te", "rsyslog", str(tmp_path / "s.csr"))
    assert result.output.count("BEGIN CERTIFICATE") == 2


def enrolled(centre: Socket) -> None:
    token = run(centre, "agency", "enrol", "so-y-te", "c1").output.strip()
    state = centre.recorder.state(CREDENTIALS)
    asyncio.run(centre.recorder.decide(lambda: enrol(state, token, "AB", "k", now_ms=centre.clock.now_ms())))


def test_settings_are_sent_and_shown_with_their_fate(centre: Socket, tmp_path: Path) -> None:
    enrolled(centre)
    file = tmp_path / "collector.toml"
    file.write_text("a = 1")
    assert run(centre, "agency", "configure", str(file), "--agency", "so-y-te").output == "c1: revision 1\n"
    assert "have these" in run(centre, "agency", "configure", str(file), "--agency", "so-y-te").output
    state = ConfigurationState(1, Fate.REFUSED, "", "collector.gateways: missing")
    centre.fleet.heartbeat(Heartbeat(ORIGIN, "b", 0, 0, 1, 1, (), 0, "0.1", "s", configuration=state))
    assert "1/1 refused: collector.gateways: missing" in run(centre, "collectors").output


def test_days_are_shown_for_each_collector(centre: Socket) -> None:
    centre.fleet.heartbeat(Heartbeat(ORIGIN, "b", 0, 0, 1, 1, (), 0, "0.1", "s"))
    output = run(centre, "collectors", "--days", "3").output
    assert ("1970-01-01" in output, "unexplained" in output) == (True, True)
    assert run(centre, "collectors", "revoke", "FF", "--why", "x").exit_code == 1
