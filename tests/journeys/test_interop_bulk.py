"""Senders that speak to Elasticsearch are taken as they are, undisturbed and disturbed."""

import ssl
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from elasticsearch import Elasticsearch, helpers
from support.faulty import Fate, bad_line
from support.numbered import LINES, each_once
from support.open_door import BUSY, Open, a_centre_open_for
from support.programs import javascript_bulk, rsyslogd, syslog_ng

pytestmark = pytest.mark.timeout(60)
TO_BULK = """
module(load="omelasticsearch")
template(name="id" type="list") {{ property(name="uuid") }}
template(name="doc" type="list" option.jsonf="on") {{
  property(outname="@timestamp" name="timereported" dateFormat="rfc3339" format="jsonf")
  property(outname="message" name="msg" format="jsonf")
}}
action(type="omelasticsearch" server="127.0.0.1" serverport="{port}" usehttps="on"
  tls.cacert="{ca}" tls.mycert="{cert}" tls.myprivkey="{key}"
  template="doc" bulkmode="on" searchIndex="logs" searchType="" {options}
  queue.type="LinkedList" action.resumeRetryCount="-1" action.resumeInterval="1")
"""
WITH_ID = 'writeoperation="create" bulkid="id" dynbulkid="on"'
NG_TO_BULK = """
http(url("https://127.0.0.1:{port}/logs/_bulk") method("POST")
  batch-lines(100) batch-timeout(200) retries(60) time-reopen(1)
  headers("Content-Type: application/x-ndjson") body-suffix("\\n")
  body('{{"create":{{}}}}
$(format-json message=$MESSAGE)')
  tls(ca-file("{ca}") cert-file("{cert}") key-file("{key}")))
"""
CUT = (Fate(sent=30_000), Fate(), Fate(sent=60_000))


@pytest.fixture
def bulk(tmp_path: Path) -> Iterator[Open]:
    with a_centre_open_for("bulk", tmp_path) as centre:
        yield centre


@pytest.fixture
def busy(tmp_path: Path) -> Iterator[Open]:
    with a_centre_open_for("bulk", tmp_path, settings=BUSY) as centre:
        yield centre


def documents(*, with_id: bool = False) -> list[dict[str, Any]]:
    named = [{"_id": f"n{number}"} if with_id else {} for number in range(len(LINES))]
    return [{"message": line, **name} for line, name in zip(LINES, named, strict=True)]


def python_client(centre: Open, port: int) -> Elasticsearch:
    files = centre.files
    context = ssl.create_default_context(cafile=str(files["ca"]))
    context.load_cert_chain(files["cert"], files["key"])
    return Elasticsearch(f"https://127.0.0.1:{port}", ssl_context=context, http_compress=True)


def python_bulk(centre: Open, port: int, *, with_id: bool) -> int:
    actions = [{"_op_type": "create", "_index": "logs", **found} for found in documents(with_id=with_id)]
    with python_client(centre, port) as client:
        done = helpers.streaming_bulk(
            client,
            actions,
            chunk_size=100,
            max_retries=20,
            initial_backoff=0.2,
            max_backoff=1,
            retry_on_status=(429, 503),
        )
        return sum(ok for ok, _ in done)


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


def test_rsyslog_is_stored_once_though_its_line_is_cut(bulk: Open) -> None:
    with bad_line(bulk.port, *CUT) as line:
        action = TO_BULK.format(port=line.port, options=WITH_ID, **bulk.files)
        with rsyslogd(bulk.sender, action):
            bulk.waits_for()
        assert line.cuts >= 1
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


def test_syslog_ng_is_stored_once_though_its_line_is_cut(bulk: Open) -> None:
    with bad_line(bulk.port, *CUT) as line:
        with syslog_ng(bulk.sender, NG_TO_BULK.format(port=line.port, **bulk.files)):
            bulk.waits_for()
        assert line.cuts >= 1
    assert bulk.ends() == each_once()


@pytest.mark.parametrize("with_id", [False, True])
def test_the_python_client_sends_undisturbed(bulk: Open, *, with_id: bool) -> None:
    with python_client(bulk, bulk.port) as client:
        assert client.info()["version"]["number"]
        assert client.ping()
    assert python_bulk(bulk, bulk.port, with_id=with_id) == len(LINES)
    bulk.waits_for()
    assert bulk.ends() == each_once()


@pytest.mark.parametrize("with_id", [False, True])
def test_the_python_client_is_held_while_it_is_ahead_of_its_share(busy: Open, *, with_id: bool) -> None:
    assert python_bulk(busy, busy.port, with_id=with_id) == len(LINES)
    busy.waits_for()
    assert busy.limited()
    assert busy.ends() == each_once()


def test_the_python_client_is_stored_once_though_an_answer_is_lost(bulk: Open) -> None:
    with bad_line(bulk.port, Fate(answers=6)) as line:
        assert python_bulk(bulk, line.port, with_id=False) == len(LINES)
        assert line.cuts == 1
    bulk.waits_for()
    assert bulk.ends() == each_once()


@pytest.mark.parametrize("with_id", [False, True])
def test_the_javascript_client_sends_undisturbed(bulk: Open, *, with_id: bool) -> None:
    sent = documents(with_id=with_id)
    found = javascript_bulk(f"https://127.0.0.1:{bulk.port}", sent, files=bulk.files)
    assert (found["successful"], found["failed"], found["dropped"]) == (len(LINES), 0, 0)
    bulk.waits_for()
    assert bulk.ends() == each_once()


def test_the_javascript_client_is_stored_once_though_an_answer_is_lost(bulk: Open) -> None:
    with bad_line(bulk.port, Fate(answers=5)) as line:
        found = javascript_bulk(
            f"https://127.0.0.1:{line.port}",
            documents(),
            files=bulk.files,
            helper={"flushBytes": 10_000, "concurrency": 1},
        )
        assert line.cuts == 1
    assert (found["successful"], found["failed"], found["dropped"]) == (len(LINES), 0, 0)
    bulk.waits_for()
    assert bulk.ends() == each_once()
