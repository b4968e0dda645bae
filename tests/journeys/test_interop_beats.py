"""Whoever speaks Lumberjack as Beats do: a window is acknowledged when it is stored."""

from pathlib import Path

import pytest
from support.faulty import Fate, bad_line
from support.numbered import each_once
from support.open_door import BUSY, a_centre_open_for
from support.senders import beats_send

pytestmark = pytest.mark.timeout(60)


@pytest.mark.parametrize("settings", ["", BUSY], ids=["undisturbed", "busy"])
def test_each_document_is_stored_once(tmp_path: Path, settings: str) -> None:
    with a_centre_open_for("beats", tmp_path, settings=settings) as beats:
        assert beats_send(beats.files, beats.port) == 0
        beats.waits_for()
        assert beats.limited() == bool(settings)
        assert beats.ends() == each_once()


def test_a_window_whose_acknowledgement_is_lost_is_stored_once(tmp_path: Path) -> None:
    with a_centre_open_for("beats", tmp_path) as beats:
        # Two answers are TLS's own; the third would be the acknowledgement.
        with bad_line(beats.port, Fate(), Fate(answers=2), Fate(sent=4000)) as line:
            assert beats_send(beats.files, line.port) >= 1
            assert line.cuts >= 1
        beats.waits_for()
        assert beats.ends() == each_once()
