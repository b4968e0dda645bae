"""Other people's programs and the bad line, before any door of ours: what they send to plain receivers."""

import json
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import ClassVar, TypeVar

import pytest
from support.faulty import Fate, bad_line
from support.programs import javascript_bulk, logger, rsyslogd, syslog_ng
from support.system import eventually

Server = TypeVar("Server", bound=socketserver.TCPServer)
LINES = [f"marker {number} {'x' * 60}" for number in range(1000)]
TO_TCP = """action(type="omfwd" target="127.0.0.1" port="{port}" protocol="tcp"
  queue.type="LinkedList" action.resumeRetryCount="-1" action.resumeInterval="1")"""


class Listener(socketserver.ThreadingTCPServer):
    """Keeps the lines of every connection."""

    daemon_threads = True

    def __init__(self) -> None:
        self.lines: list[str] = []
        super().__init__(("127.0.0.1", 0), _Lines)


class _Lines(socketserver.StreamRequestHandler):
    server: Listener

    def handle(self) -> None:
        for line in self.rfile:
            self.server.lines.append(line.decode().rstrip("\n"))


class Bulk(ThreadingHTTPServer):
    """Takes ``_bulk`` as Elasticsearch does."""

    daemon_threads = True

    def __init__(self) -> None:
        self.requests: list[tuple[str, str]] = []
        self.documents: list[dict[str, str]] = []
        super().__init__(("127.0.0.1", 0), _Bulk)


class _Bulk(BaseHTTPRequestHandler):
    server: Bulk
    protocol_version = "HTTP/1.1"
    created: ClassVar = {"create": {"_index": "logs", "_id": "1", "status": 201}}

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.requests.append((self.command, self.path))
        found = [json.loads(line) for line in body.splitlines() if line.strip()][1::2]
        self.server.documents += found
        items = [self.created] * len(found)
        answer = json.dumps({"took": 1, "errors": False, "items": items}, separators=(",", ":")).encode()
        self.send_response(200)
        self.send_header("X-Elastic-Product", "Elasticsearch")
        self.send_header("Content-Type", "application/vnd.elasticsearch+json;compatible-with=9")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *args: object) -> None:
        """Say nothing."""


@contextmanager
def serving(server: Server) -> Iterator[Server]:
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join(10)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "lines.log").write_text("".join(line + "\n" for line in LINES))
    return tmp_path


def test_rsyslog_sends_its_lines_over_a_line_that_is_whole(folder: Path) -> None:
    with serving(Listener()) as listener, bad_line(listener.server_address[1]) as line:
        with rsyslogd(folder, TO_TCP.format(port=line.port)):
            eventually(lambda: len(listener.lines) >= len(LINES), within_s=8, what="1,000 lines")
        assert [text.partition("app: ")[2] for text in listener.lines] == LINES
        assert (line.connections, line.cuts) == (1, 0)
        assert line.bytes_sent == sum(len(text) + 1 for text in listener.lines)


def test_rsyslog_opens_a_new_connection_when_the_line_is_cut(folder: Path) -> None:
    with serving(Listener()) as listener, bad_line(listener.server_address[1], Fate(sent=20_000)) as line:
        with rsyslogd(folder, TO_TCP.format(port=line.port)):
            eventually(lambda: line.cuts == 1, within_s=8, what="the cut")
            with (folder / "lines.log").open("a") as file:
                file.write("marker later\n")
            eventually(lambda: "marker later" in " ".join(listener.lines), within_s=8, what="a line after it")
        assert line.connections == 2
        assert len(listener.lines) < len(LINES), "plain TCP loses what is under way, and nobody says so"


def test_syslog_ng_posts_each_line_once(folder: Path) -> None:
    action = (
        'http(url("http://127.0.0.1:{port}/logs/_bulk") method("POST") batch-lines(100) batch-timeout(200)'
        """ headers("Content-Type: application/x-ndjson") body-suffix("\\n")"""
        """ body('{{"create":{{}}}}\n$(format-json message=$MESSAGE)'))"""
    )
    with serving(Bulk()) as bulk, syslog_ng(folder, action.format(port=bulk.server_address[1])):
        eventually(lambda: len(bulk.documents) >= len(LINES), within_s=8, what="1,000 documents")
    assert [document["message"] for document in bulk.documents] == LINES
    assert set(bulk.requests) == {("POST", "/logs/_bulk")}


def test_the_javascript_client_sends_every_document_though_an_answer_is_lost() -> None:
    documents = [{"message": line} for line in LINES]
    with serving(Bulk()) as bulk, bad_line(bulk.server_address[1], Fate(answers=0)) as line:
        found = javascript_bulk(
            f"http://127.0.0.1:{line.port}", documents, helper={"flushBytes": 30_000, "concurrency": 1}
        )
    assert (found["successful"], found["failed"], found["dropped"]) == (1000, 0, 0)
    assert {document["message"] for document in bulk.documents} == set(LINES)
    assert len(bulk.documents) > len(LINES), "the batch whose answer was lost was sent again"
    assert line.cuts == 1


def test_logger_sends_a_files_lines(folder: Path) -> None:
    with serving(Listener()) as listener:
        port = str(listener.server_address[1])
        logger(
            "--tcp", "--server", "127.0.0.1", "--port", port, "--tag", "app", "--file", folder / "lines.log"
        )
        eventually(lambda: len(listener.lines) >= len(LINES), within_s=8, what="1,000 lines")
    assert all(line in text for line, text in zip(LINES, listener.lines, strict=True))
