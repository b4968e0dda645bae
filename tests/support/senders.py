"""How other people's senders are told to write to the centre's doors, with a client certificate."""

import json
import ssl
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from elasticsearch import Elasticsearch, helpers
from pylogbeat import ConnectionException, PyLogBeatClient
from support.numbered import LINES

TO_BULK = """
module(load="omelasticsearch")
template(name="id" type="list") {{ property(name="uuid") }}
template(name="doc" type="list" option.jsonf="on") {{
  property(outname="@timestamp" name="timereported" dateFormat="rfc3339" format="jsonf")
  property(outname="message" name="msg" format="jsonf")
}}
action(type="omelasticsearch" server="localhost" serverport="{port}" usehttps="on"
  tls.cacert="{ca}" tls.mycert="{cert}" tls.myprivkey="{key}"
  template="doc" bulkmode="on" searchIndex="logs" searchType="" {options}
  queue.type="LinkedList" action.resumeRetryCount="-1" action.resumeInterval="1")
"""
WITH_ID = 'writeoperation="create" bulkid="id" dynbulkid="on"'
NG_TO_BULK = """
http(url("https://localhost:{port}/logs/_bulk") method("POST")
  batch-lines(100) batch-timeout(200) retries(60) time-reopen(1)
  headers("Content-Type: application/x-ndjson") body-suffix("\\n")
  body('{{"create":{{}}}}
$(format-json message=$MESSAGE)')
  tls(ca-file("{ca}") cert-file("{cert}") key-file("{key}")))
"""
TO_RELP = """
module(load="omrelp")
action(type="omrelp" target="127.0.0.1" port="{port}" tls="on"
  tls.cacert="{ca}" tls.mycert="{cert}" tls.myprivkey="{key}"
  tls.authmode="name" tls.permittedpeer=["localhost"]
  queue.type="LinkedList" action.resumeRetryCount="-1" action.resumeInterval="1")
"""
WINDOW = 100


def documents(*, with_id: bool = False) -> list[dict[str, Any]]:
    """Return the numbered lines as documents."""
    named = [{"_id": f"n{number}"} if with_id else {} for number in range(len(LINES))]
    return [{"message": line, **name} for line, name in zip(LINES, named, strict=True)]


def python_client(files: Mapping[str, Path], port: int) -> Elasticsearch:
    """Return a client that shows the certificate of *files*."""
    context = ssl.create_default_context(cafile=str(files["ca"]))
    context.load_cert_chain(files["cert"], files["key"])
    return Elasticsearch(f"https://localhost:{port}", ssl_context=context, http_compress=True)


def python_bulk(files: Mapping[str, Path], port: int, *, with_id: bool) -> int:
    """Send the numbered lines, again while refused; return how many were said to be stored."""
    actions = [{"_op_type": "create", "_index": "logs", **found} for found in documents(with_id=with_id)]
    with python_client(files, port) as client:
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


def beats_send(files: Mapping[str, Path], port: int) -> int:
    """Send window after window as a shipper does: again, until it is acknowledged; return how often again."""
    repeats = 0
    texts = [json.dumps({"message": line, "@metadata": {"beat": "test"}}) for line in LINES]
    for first in range(0, len(texts), WINDOW):
        while not _sent(files, port, texts[first : first + WINDOW]):
            repeats += 1
    return repeats


def _sent(files: Mapping[str, Path], port: int, window: list[str]) -> bool:
    client = PyLogBeatClient(
        "127.0.0.1",
        port,
        timeout=15,
        ssl_enable=True,
        ca_certs=str(files["ca"]),
        certfile=str(files["cert"]),
        keyfile=str(files["key"]),
    )
    try:
        with client as beat:
            beat.send(window)
    except (ConnectionException, OSError):
        return False
    return True
