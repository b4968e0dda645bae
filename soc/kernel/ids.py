"""Deterministic ids: the same facts about a thing give the same id on every machine, at any time."""

import hashlib
import secrets
from functools import lru_cache


def digest(*parts: str | bytes) -> str:
    """Return the blake2b-128 of *parts* as 32 hex digits.

    Each part is preceded by its length, so that ("ab", "c") and ("a", "bc") differ.
    """
    return _hashed(_framed(*parts))


def event_id_own(agency: str, source: str, own_id: str, raw: bytes) -> str:
    """Return the id of a record that carries its own id (``event.id``, journald cursor).

    *raw* takes part: an id can be forged to hide one record behind another.
    For EVTX the own id is (computer, channel, EventRecordID, TimeCreated) and *raw* is empty.
    """
    return _hashed(_beginning("own", agency, source) + _framed(own_id, raw))


def event_id_at(agency: str, source: str, fingerprint: str, offset: int, raw: bytes) -> str:
    """Return the id of a record known by its place in a file (*offset* in bytes)."""
    return _hashed(_beginning("at", agency, source, fingerprint) + _framed(str(offset), raw))


def event_id_seq(agency: str, source: str, start: tuple[str, str], sequence: int, raw: bytes) -> str:
    """Return the id of a record from a network input, which has no place of its own.

    *start* is the collector and its boot. A machine that is resumed from a snapshot of its memory uses
    numbers again: *raw* tells what it says then from what it said before.
    """
    return _hashed(_beginning("seq", agency, source, *start) + _framed(str(sequence), raw))


def fingerprint(head: bytes, end_of_record: int) -> str:
    """Return a file's identity: the hash of its first min(1000, *end_of_record*) bytes.

    Depends on nothing behind the record, so growth of the file never changes an id.
    """
    return digest("file", head[: min(FINGERPRINT_BYTES, end_of_record)])


def signal_id(rule_id: str, event_id: str) -> str:
    """Return the id of one rule's hit on one event."""
    return digest("signal", rule_id, event_id)


def random_id() -> str:
    """Return 32 random hex digits: attempts, boots, sessions; never an event."""
    return secrets.token_hex(16)


FINGERPRINT_BYTES = 1000


def _hashed(framed: bytes) -> str:
    return hashlib.blake2b(framed, digest_size=16).hexdigest()


def _framed(*parts: str | bytes) -> bytes:
    framed: list[bytes] = []
    for part in parts:
        raw = part.encode("utf-8", "surrogatepass") if isinstance(part, str) else part
        framed += (len(raw).to_bytes(8, "big"), raw)
    return b"".join(framed)


@lru_cache(maxsize=1024)
def _beginning(*parts: str) -> bytes:
    """Return what the ids of all records of one source begin with."""
    return _framed(*parts)
