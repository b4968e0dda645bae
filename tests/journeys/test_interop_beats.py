"""Whoever speaks Lumberjack as Beats do: a window is acknowledged when it is stored."""

import json
from pathlib import Path

import pytest
from pylogbeat import ConnectionException, PyLogBeatClient
from support.faulty import Fate, bad_line
from support.numbered import LINES, each_once
from support.open_door import BUSY, Open, a_centre_open_for

pytestmark = pytest.mark.timeout(60)
WINDOW = 100


def client(centre: Open, port: int) -> PyLogBeatClient:
    files = centre.files
    return PyLogBeatClient(
        "127.0.0.1",
        port,
        timeout=15,
        ssl_enable=True,
        ca_certs=str(files["ca"]),
        certfile=str(files["cert"]),
        keyfile=str(files["key"]),
    )


def send(centre: Open, port: int) -> int:
    """Send window after window as a shipper does: again, until it is acknowledged; return the repeats."""
    repeats = 0
    texts = [json.dumps({"message": line, "@metadata": {"beat": "test"}}) for line in LINES]
    for first in range(0, len(texts), WINDOW):
        while True:
            try:
                with client(centre, port) as beat:
                    beat.send(texts[first : first + WINDOW])
            except (ConnectionException, OSError):
                repeats += 1
            else:
                break
    return repeats


@pytest.mark.parametrize("settings", ["", BUSY], ids=["undisturbed", "busy"])
def test_each_document_is_stored_once(tmp_path: Path, settings: str) -> None:
    with a_centre_open_for("beats", tmp_path, settings=settings) as beats:
        assert send(beats, beats.port) == 0
        beats.waits_for()
        assert beats.limited() == bool(settings)
        assert beats.ends() == each_once()


def test_a_window_whose_acknowledgement_is_lost_is_stored_once(tmp_path: Path) -> None:
    with a_centre_open_for("beats", tmp_path) as beats:
        # Two answers are TLS's own; the third would be the acknowledgement.
        with bad_line(beats.port, Fate(), Fate(answers=2), Fate(sent=4000)) as line:
            assert send(beats, line.port) >= 1
            assert line.cuts >= 1
        beats.waits_for()
        assert beats.ends() == each_once()
