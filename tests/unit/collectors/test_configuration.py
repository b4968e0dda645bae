"""Settings from the centre are taken only signed, newer and usable, and kept only if they work."""

import hashlib
from pathlib import Path

import msgspec
import pytest
from support.revising import Revising, revising, settings_text

from collectors.configuration import STARTS
from soc.model.heartbeat import Fate
from soc.model.identity import Origin

NEW = settings_text(gateways=["https://10.0.0.1:8443"])
NEWER = settings_text(gateways=["https://10.0.0.2:8443"])


@pytest.fixture
def site(tmp_path: Path) -> Revising:
    return revising(tmp_path)


def gateways(site: Revising) -> list[str]:
    """Return what the next start of the process would ship to."""
    return site.configuration().start().collector.gateways


def test_a_signed_revision_is_tried_and_stays_once_something_was_delivered(site: Revising) -> None:
    configuration = site.configuration()
    assert configuration.offered(site.signed(1, NEW))
    assert configuration.start().collector.gateways == ["https://10.0.0.1:8443"]
    configuration.confirm()
    assert gateways(site) == ["https://10.0.0.1:8443"]
    state = configuration.state()
    assert (state.number, state.fate, state.why) == (1, Fate.APPLIED, "")
    assert state.hash == hashlib.sha256(NEW.encode()).hexdigest()


@pytest.mark.parametrize("number", [4, 5])
def test_a_number_that_is_not_newer_changes_nothing(site: Revising, number: int) -> None:
    configuration = site.configuration()
    assert configuration.offered(site.signed(5, NEW))
    configuration.start()
    configuration.confirm()
    assert not configuration.offered(site.signed(number, NEWER))
    assert gateways(site) == ["https://10.0.0.1:8443"]
    assert site.configuration().state().fate is Fate.APPLIED


def test_what_is_signed_for_another_collector_changes_nothing(site: Revising) -> None:
    configuration = site.configuration()
    assert not configuration.offered(site.signed(1, NEW, to=Origin("so-y-te", "c2")))
    state = configuration.state()
    assert (state.number, state.fate) == (1, Fate.REFUSED)
    assert state.why == "revision 1 is not signed for this collector"
    assert gateways(site) == ["https://127.0.0.1:9"]


@pytest.mark.parametrize(
    "change",
    [{"number": 2}, {"body": NEWER.encode()}, {"signature": b"\0" * 64}, {"signature": b""}],
    ids=str,
)
def test_a_revision_that_was_changed_on_its_way_is_refused_and_uses_no_number_up(
    site: Revising, change: dict[str, object]
) -> None:
    configuration, revision = site.configuration(), site.signed(1, NEW)
    assert not configuration.offered(msgspec.structs.replace(revision, **change))
    assert configuration.state().fate is Fate.REFUSED
    assert configuration.offered(revision)
    assert configuration.state().fate is Fate.APPLIED


@pytest.mark.parametrize("key", ["nothing", "public key"])
def test_without_the_centres_key_nothing_is_taken(site: Revising, key: str) -> None:
    site.signer.write_text(key)
    configuration = site.configuration()
    assert not configuration.offered(site.signed(1, NEW))
    assert "enrol again" in configuration.state().why


def test_settings_that_cannot_be_used_are_refused_with_every_reason_once(site: Revising) -> None:
    configuration = site.configuration()
    assert not configuration.offered(site.signed(3, NEW.replace("tail", "tale") + "x = 1\n"))
    state = configuration.state()
    assert (state.number, state.fate) == (3, Fate.REFUSED)
    assert "source.0.kind" in state.why
    again = site.configuration()
    assert again.state() == state
    assert not again.offered(site.signed(3, NEW))
    assert again.offered(site.signed(4, NEW))


def test_a_revision_cannot_reach_for_other_files(site: Revising) -> None:
    configuration = site.configuration()
    assert not configuration.offered(site.signed(1, settings_text(paths="/etc/shadow")))
    assert "/etc/shadow lies in no folder" in configuration.state().why


def test_keys_of_the_place_stay_as_they_are(tmp_path: Path) -> None:
    site = revising(tmp_path, settings_text(more='office_kbit_s = 64\nmetrics = "127.0.0.1:9470"'))
    configuration = site.configuration()
    sent = settings_text(more="office_kbit_s = 9000\nheartbeat_seconds = 7").replace('"data"', '"/elsewhere"')
    assert configuration.offered(site.signed(1, sent))
    settings = configuration.start()
    assert settings.data_dir == configuration.local.data_dir
    assert settings.collector.data_dir == "data"
    assert (settings.collector.office_kbit_s, settings.collector.metrics) == (64, "127.0.0.1:9470")
    assert settings.collector.heartbeat_seconds == 7


def test_the_local_file_is_named_while_there_is_no_revision(site: Revising) -> None:
    assert site.configuration().words() == str(site.path)


def test_whoever_forbids_it_locally_is_obeyed_at_once(site: Revising) -> None:
    configuration = site.configuration()
    assert configuration.offered(site.signed(1, NEW))
    configuration.confirm()
    site.path.write_text(settings_text(more="allow_configuration = false"))
    configuration = site.configuration()
    assert configuration.start().collector.gateways == ["https://127.0.0.1:9"]
    assert configuration.state().hash == hashlib.sha256(site.path.read_bytes()).hexdigest()
    assert not configuration.offered(site.signed(2, NEW))
    assert "allow_configuration" in configuration.state().why


def test_a_revision_that_delivers_nothing_gives_way_to_the_one_before(site: Revising) -> None:
    configuration = site.configuration()
    configuration.offered(site.signed(1, NEW))
    configuration.start()
    configuration.confirm()
    assert configuration.offered(site.signed(2, NEWER))
    assert configuration.start().collector.gateways == ["https://10.0.0.2:8443"]
    assert configuration.words() == "revision 2 of the centre, on trial"
    configuration.roll_back("nothing was delivered within ten minutes")
    assert configuration.words() == (
        "revision 1 of the centre; revision 2 was rolled back: nothing was delivered within ten minutes"
    )
    assert gateways(site) == ["https://10.0.0.1:8443"]
    state = site.configuration().state()
    assert (state.number, state.fate, state.why) == (
        2,
        Fate.ROLLED_BACK,
        "nothing was delivered within ten minutes",
    )


def test_a_newer_revision_during_a_trial_goes_back_behind_both(site: Revising) -> None:
    configuration = site.configuration()
    configuration.offered(site.signed(1, NEW))
    configuration.start()
    assert configuration.offered(site.signed(2, NEWER))
    configuration.start()
    configuration.roll_back("nothing was delivered")
    assert gateways(site) == ["https://127.0.0.1:9"]


def test_a_trial_goes_on_after_a_crash_but_not_for_ever(site: Revising) -> None:
    site.configuration().offered(site.signed(1, NEW))
    for _ in range(STARTS):
        assert gateways(site) == ["https://10.0.0.1:8443"]
        assert site.configuration().is_on_trial
    assert gateways(site) == ["https://127.0.0.1:9"]
    state = site.configuration().state()
    assert (state.fate, state.why) == (Fate.ROLLED_BACK, "started 3 times without delivering anything")


def test_a_crash_between_any_two_steps_leaves_settings_that_work(site: Revising) -> None:
    folder = site.configuration().local.data_dir / "configuration"
    folder.mkdir(parents=True)
    (folder / "1.toml").write_text(NEW)  # and then the power went, before it was decided on
    (folder / "standing.tmp").write_text("{")
    assert gateways(site) == ["https://127.0.0.1:9"]
    assert site.configuration().offered(site.signed(1, NEW))
    assert gateways(site) == ["https://10.0.0.1:8443"]


@pytest.mark.parametrize("damage", ["missing", "torn"])
def test_a_revision_that_was_lost_gives_way_to_the_local_file(site: Revising, damage: str) -> None:
    configuration = site.configuration()
    configuration.offered(site.signed(1, NEW))
    configuration.confirm()
    path = configuration.local.data_dir / "configuration" / "1.toml"
    path.unlink() if damage == "missing" else path.write_text(NEW[:40])
    assert gateways(site) == ["https://127.0.0.1:9"]
    assert site.configuration().state().fate is Fate.ROLLED_BACK


def test_only_the_revision_in_force_is_kept(site: Revising) -> None:
    configuration = site.configuration()
    for number, body in enumerate((NEW, NEWER, NEW), 1):
        configuration.offered(site.signed(number, body))
        configuration.start()
        configuration.confirm()
    kept = sorted(path.name for path in (configuration.local.data_dir / "configuration").iterdir())
    assert kept == ["3.toml", "standing.json"]


def test_a_disk_that_cannot_be_written_lets_the_revision_be_offered_again(site: Revising) -> None:
    configuration = site.configuration()
    configuration.local.data_dir.mkdir(parents=True)
    blocked = configuration.local.data_dir / "configuration"
    blocked.write_text("a file is in the way")
    assert not configuration.offered(site.signed(1, NEW))
    assert configuration.state().fate is Fate.REFUSED
    blocked.unlink()
    assert configuration.offered(site.signed(1, NEW))
