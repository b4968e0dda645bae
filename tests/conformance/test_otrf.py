"""Every public rule on public logs, other samples at every run: the engine finds what the reference finds."""

import gzip
import json
import random
from collections.abc import Iterator
from pathlib import Path

import pytest
import zstandard
from support.authority import Authority, Judges
from support.public_rules import public_book
from support.readings import event_of

from soc.detection.engine import Engine

RECORDINGS = 41
PER_RECORDING = 8
PER_TEXT_LOG = 40


@pytest.fixture(scope="module")
def judges(corpora: Path) -> Judges:
    rules = public_book(corpora).rules
    return Judges(Engine(rules), Authority(rules))


@pytest.fixture
def seed() -> int:
    """Another one each time; a failure names it."""
    return random.SystemRandom().randrange(10**9)


def recordings(folder: Path) -> Iterator[list[bytes]]:
    for path in sorted(folder.glob("*.zst")):
        with zstandard.open(path, "rb") as packed:
            yield packed.read().splitlines()


def text_logs(folder: Path) -> Iterator[list[bytes]]:
    for name in ("apache_access.log", "auth.log", "nginx_json.log"):
        yield (folder / name).read_bytes().splitlines()
    for path in sorted((folder / "zeek").glob("*.gz")):
        yield gzip.decompress(path.read_bytes()).splitlines()
    alerts = json.loads((folder / "suricata_eve_alerts.json").read_bytes())
    yield [json.dumps(alert).encode() for alert in alerts]
    trails = (
        json.loads(path.read_bytes())["Records"] for path in sorted((folder / "cloudtrail").glob("*.json"))
    )
    yield [json.dumps(each).encode() for records in trails for each in records]


def differing(judges: Judges, logs: Iterator[list[bytes]], each: int, seed: int) -> list[bytes]:
    """The lines that the two judge differently, of *each* lines a log."""
    chosen = random.Random(seed)
    lines = [line for log in logs for line in chosen.sample(log, min(each, len(log)))]
    events = [(line, event_of(line, "auto", offset=n)) for n, line in enumerate(lines)]
    return [line for line, event in events if judges.fast.match(event) != judges.sure.match(event)]


def test_whole_attacks_are_judged_alike(corpora: Path, judges: Judges, seed: int) -> None:
    found = differing(judges, recordings(corpora / "otrf"), PER_RECORDING, seed)
    assert (seed, found) == (seed, [])


def test_web_authentication_network_and_cloud_logs_are_judged_alike(
    corpora: Path, judges: Judges, seed: int
) -> None:
    found = differing(judges, text_logs(corpora / "text"), PER_TEXT_LOG, seed)
    assert (seed, found) == (seed, [])


def test_the_engine_finds_whole_attacks(corpora: Path, judges: Judges) -> None:
    """Agreement in finding nothing would prove little."""
    attack = (corpora / "otrf" / "empire_launcher_sct_regsvr32.json.zst").read_bytes()
    lines = zstandard.ZstdDecompressor().stream_reader(attack).read().splitlines()
    found = [rule.id for line in lines for rule in judges.fast.match(event_of(line, "auto"))]
    assert found
