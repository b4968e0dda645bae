"""rsyslog's reliable protocol: what was acknowledged is stored, what was not is sent again."""

from pathlib import Path

import pytest
from support.faulty import Fate, bad_line
from support.numbered import COUNT, each_once
from support.open_door import BUSY, Open, a_centre_open_for
from support.programs import rsyslogd
from support.senders import TO_RELP

pytestmark = pytest.mark.timeout(60)
WINDOW = 128
"""Frames that omrelp has under way."""


def action(centre: Open, port: int) -> str:
    return TO_RELP.format(port=port, **centre.files)


@pytest.mark.parametrize("settings", ["", BUSY], ids=["undisturbed", "busy"])
def test_each_line_is_stored_once(tmp_path: Path, settings: str) -> None:
    with a_centre_open_for("relp", tmp_path, settings=settings) as relp:
        with rsyslogd(relp.sender, action(relp, relp.port)):
            relp.waits_for()
        assert relp.limited() == bool(settings)
        assert relp.ends() == each_once()


def test_a_cut_line_loses_nothing_and_repeats_are_counted(tmp_path: Path) -> None:
    with a_centre_open_for("relp", tmp_path) as relp:
        with bad_line(relp.port, Fate(sent=40_000), Fate(sent=60_000)) as line:
            with rsyslogd(relp.sender, action(relp, line.port)):
                relp.waits_for()
            assert line.cuts == 2
        repeats = relp.system.account()["repeats"]
        found = relp.ends()
        assert set(found) == set(each_once())
        assert found.total() - COUNT <= min(repeats, line.cuts * WINDOW)
