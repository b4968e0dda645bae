"""Submission: one request that must have one effect, however often it is sent.

The answer is kept beside the effect, in one transaction, under (province, side, key). A repeated request gets
the kept answer; another request under the same key is refused.
"""

import hashlib
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from soc.ncsc_stub.database import tally
from soc.ncsc_stub.peer import Peer
from soc.ncsc_stub.problem import Problem, Refusal


@dataclass(frozen=True, slots=True)
class Submission:
    """One request as it is kept: who, in which exercise run, under which key, where to, what, when."""

    peer: Peer
    run: str | None
    key: str
    path: str
    body: bytes
    sha256: str
    received_ms: int

    @property
    def fingerprint(self) -> bytes:
        """What makes it the same request: target and content."""
        return hashlib.sha256(f"{self.path}\n{self.sha256}\n{self.run or ''}".encode()).digest()


Effect = Callable[[sqlite3.Connection, Submission], bytes]
"""Does what a submission asks for and returns the answer's content."""


def once(connection: sqlite3.Connection, submission: Submission, effect: Effect) -> bytes:
    """Return the answer to *submission*: the kept one, or that of *effect*, which then is kept.

    Raises:
        Problem: the key belongs to another request, or *effect* refuses.
    """
    owner = (submission.peer.province, submission.peer.exercise, submission.key)
    kept = connection.execute(
        "SELECT fingerprint, body FROM answer WHERE province = ? AND exercise = ? AND key = ?", owner
    ).fetchone()
    if kept is None:
        body = effect(connection, submission)
        connection.execute(
            "INSERT INTO answer VALUES (?, ?, ?, ?, ?)", (*owner, submission.fingerprint, body)
        )
        return body
    if kept["fingerprint"] != submission.fingerprint:
        raise Problem(Refusal.KEY_REUSED, "Send another request under another key, the same one unchanged.")
    tally(connection, "duplicate")
    return bytes(kept["body"])


class Running:
    """Keys whose request is being worked on in this process."""

    def __init__(self) -> None:
        self._keys: set[tuple[Peer, str]] = set()

    def __len__(self) -> int:
        """Return how many requests are being worked on."""
        return len(self._keys)

    @contextmanager
    def claim(self, peer: Peer, key: str) -> Iterator[None]:
        """Hold *key* of *peer* until the block ends.

        Raises:
            Problem: it is held already.
        """
        if (peer, key) in self._keys:
            raise Problem(
                Refusal.RUNNING, "Wait for its answer or for its connection to end.", retry_after_s=1
            )
        self._keys.add((peer, key))
        try:
            yield
        finally:
            self._keys.discard((peer, key))
