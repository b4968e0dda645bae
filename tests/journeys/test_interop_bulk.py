"""Senders that speak to Elasticsearch are taken as they are, undisturbed and disturbed."""

import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest
from elasticsearch import Elasticsearch, helpers
from support.faulty import Fate, bad_line
from support.numbered import LINES, each_once
from support.open_door import BUSY, Open, a_centre_open_for
from support.programs import javascript_bulk, rsyslogd, syslog_ng
from support.senders import NG_TO_BULK, TO_BULK, WITH_ID, documents, python_bulk, python_client

pytestmark = pytest.mark.timeout(60)


@pytest.fixture
def bulk(tmp_path: Path) -> Iterator[Open]:
    with a_centre_open_for("bulk", tmp_path) as centre:
        yield centre


@pytest.fixture
def busy(tmp_path: Path) -> Iterator[Open]:
    with a_centre_open_for("bulk", tmp_path, settings=BUSY) as centre:
        yield centre


@pytest.mark.parametrize("options", ["", WITH_ID], ids=["without id", "with id"])
def test_rsyslog_sends_undisturbed(bulk: Open, options: str) -> None:
    action = TO_BULK.format(port=bulk.port, options=options, **bulk.files)
    with rsyslogd(bulk.sender, action):
        bulk.waits_for()
    assert bulk.ends() == each_once()


@pytest.mark.parametrize("options", ["", WITH_ID], ids=["without id", "with id"])
def test_rsyslog_is_held_while_it_is_ahead_of_its_share(busy: Open, options: str) -> None:
    action = TO_BULK.format(port=busy.port, options=options, **busy.files)
    with rsyslogd(busy.sender, action):
        busy.waits_for()
    assert busy.limited()
    assert busy.ends() == each_once()


@pytest.mark.parametrize("cut", [Fate(sent=30_000), Fate(answers=5)], ids=["in a body", "before an answer"])
@pytest.mark.parametrize("options", ["", WITH_ID], ids=["without id", "with id"])
def test_rsyslog_is_stored_once_though_its_line_is_cut(bulk: Open, options: str, cut: Fate) -> None:
    with bad_line(bulk.port, cut) as line:
        action = TO_BULK.format(port=line.port, options=options, **bulk.files)
        with rsyslogd(bulk.sender, action):
            bulk.waits_for()
        assert line.cuts == 1
    assert (bulk.system.account()["known"] > 0) == (cut.answers is not None)
    assert bulk.ends() == each_once()


def test_syslog_ng_sends_undisturbed(bulk: Open) -> None:
    with syslog_ng(bulk.sender, NG_TO_BULK.format(port=bulk.port, **bulk.files)):
        bulk.waits_for()
    assert bulk.ends() == each_once()


def test_syslog_ng_is_held_while_it_is_ahead_of_its_share(busy: Open) -> None:
    with syslog_ng(busy.sender, NG_TO_BULK.format(port=busy.port, **busy.files)):
        busy.waits_for()
    assert busy.limited()
    assert busy.ends() == each_once()


@pytest.mark.parametrize("cut", [Fate(sent=30_000), Fate(answers=5)], ids=["in a body", "before an answer"])
def test_syslog_ng_is_stored_once_though_its_line_is_cut(bulk: Open, cut: Fate) -> None:
    with bad_line(bulk.port, cut) as line:
        with syslog_ng(bulk.sender, NG_TO_BULK.format(port=line.port, **bulk.files)):
            bulk.waits_for()
        assert line.cuts == 1
    assert (bulk.system.account()["known"] > 0) == (cut.answers is not None)
    assert bulk.ends() == each_once()


def test_the_python_client_sends_with_a_key(bulk: Open) -> None:
    key = bulk.system.say("api-key", {"agency": "so-y-te", "collector": "c1", "days": 1})
    context = ssl.create_default_context(cafile=str(bulk.files["ca"]))
    url = f"https://localhost:{bulk.port}"
    with Elasticsearch(url, ssl_context=context, api_key=(key["id"], key["secret"])) as client:
        actions = [{"_index": "logs", **document} for document in documents()]
        assert helpers.bulk(client, actions) == (len(LINES), [])
    bulk.waits_for()
    assert bulk.ends() == each_once()


@pytest.mark.parametrize("with_id", [False, True])
def test_the_python_client_sends_undisturbed(bulk: Open, *, with_id: bool) -> None:
    with python_client(bulk.files, bulk.port) as client:
        assert client.info()["version"]["number"]
        assert client.ping()
    assert python_bulk(bulk.files, bulk.port, with_id=with_id) == len(LINES)
    bulk.waits_for()
    assert bulk.ends() == each_once()


@pytest.mark.parametrize("with_id", [False, True])
def test_the_python_client_is_held_while_it_is_ahead_of_its_share(busy: Open, *, with_id: bool) -> None:
    assert python_bulk(busy.files, busy.port, with_id=with_id) == len(LINES)
    busy.waits_for()
    assert busy.limited()
    assert busy.ends() == each_once()


def test_the_python_client_is_stored_once_though_an_answer_is_lost(bulk: Open) -> None:
    with bad_line(bulk.port, Fate(answers=6)) as line:
        assert python_bulk(bulk.files, line.port, with_id=False) == len(LINES)
        assert line.cuts == 1
    bulk.waits_for()
    assert bulk.ends() == each_once()


@pytest.mark.parametrize("with_id", [False, True])
def test_the_javascript_client_sends_undisturbed(bulk: Open, *, with_id: bool) -> None:
    sent = documents(with_id=with_id)
    found = javascript_bulk(f"https://localhost:{bulk.port}", sent, files=bulk.files)
    assert (found["successful"], found["failed"], found["dropped"]) == (len(LINES), 0, 0)
    bulk.waits_for()
    assert bulk.ends() == each_once()


def test_the_javascript_client_is_held_with_all_its_bodies_while_it_is_ahead_of_its_share(busy: Open) -> None:
    url = f"https://localhost:{busy.port}"
    found = javascript_bulk(url, documents(), files=busy.files, helper={"flushBytes": 20_000})
    assert (found["successful"], found["failed"], found["dropped"]) == (len(LINES), 0, 0)
    busy.waits_for()
    assert busy.limited()
    assert busy.ends() == each_once()


def test_the_javascript_client_is_stored_once_though_an_answer_is_lost(bulk: Open) -> None:
    with bad_line(bulk.port, Fate(answers=5)) as line:
        found = javascript_bulk(
            f"https://localhost:{line.port}",
            documents(),
            files=bulk.files,
            helper={"flushBytes": 10_000, "concurrency": 1},
        )
        assert line.cuts == 1
    assert (found["successful"], found["failed"], found["dropped"]) == (len(LINES), 0, 0)
    bulk.waits_for()
    assert bulk.ends() == each_once()
