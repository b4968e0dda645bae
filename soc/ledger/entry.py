"""Entries: 1–1,000 facts that stand or fall together, linked by a hash chain.

    head    msgpack [version, attempt, previous, at_ms, [header, …]]      chained
    header  [type, version, id, at_ms, actor, agency, exercise, collector, role, term, payload hash]
    parts   one payload a fact, beside the head                           erasable

``link = blake2b-128(head)``; each head holds the link before it. The head covers the *hash* of every
payload, so a payload can be erased and the chain still verifies.
"""

import hashlib
import json
from collections.abc import Sequence

import msgspec

from soc.kernel.errors import Corrupt
from soc.ledger.fact import Fact

MAX_FACTS = 1000
GENESIS = "0" * 32


class Header(msgspec.Struct, frozen=True, array_like=True):
    """A fact without its payload."""

    type: str
    version: int
    id: str
    at_ms: int
    actor: str
    agency: str | None
    exercise: str | None
    collector: str | None
    role: str | None
    term: int | None
    payload_hash: str


class Head(msgspec.Struct, frozen=True, array_like=True):
    """The chained part of an entry."""

    version: int
    attempt: str
    """Random per try: after a timeout it tells one's own success from another's."""
    previous: str
    at_ms: int
    headers: tuple[Header, ...]


def seal(previous: str, attempt: str, at_ms: int, facts: Sequence[Fact]) -> tuple[bytes, tuple[bytes, ...]]:
    """Return (head, payloads) of a new entry behind *previous*.

    Raises:
        ValueError: no facts, or more than 1,000.
    """
    if not 1 <= len(facts) <= MAX_FACTS:
        raise ValueError(f"an entry of {len(facts)} facts; accepted: 1 to {MAX_FACTS}")
    parts = tuple(_encode_payload(fact) for fact in facts)
    headers = tuple(_header(fact, part) for fact, part in zip(facts, parts, strict=True))
    return msgspec.msgpack.encode(Head(1, attempt, previous, at_ms, headers)), parts


def open_entry(head: bytes, parts: Sequence[bytes | None]) -> tuple[Head, tuple[Fact, ...]]:
    """Return the head and facts; an erased payload gives a fact with payload None.

    Raises:
        Corrupt: bytes are damaged, or a payload does not fit its hash.
    """
    try:
        decoded = _HEAD.decode(head)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Corrupt(f"ledger entry: {error}") from error
    if len(decoded.headers) != len(parts):
        raise Corrupt(f"ledger entry has {len(decoded.headers)} headers and {len(parts)} payloads")
    pairs = zip(decoded.headers, parts, strict=True)
    return decoded, tuple(_fact(header, part) for header, part in pairs)


def link(head: bytes) -> str:
    """Return the chain hash of an entry."""
    return hashlib.blake2b(head, digest_size=16).hexdigest()


_HEAD = msgspec.msgpack.Decoder(Head)


def _encode_payload(fact: Fact) -> bytes:
    return json.dumps(fact.payload, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def _hash(part: bytes) -> str:
    return hashlib.blake2b(part, digest_size=16).hexdigest()


def _header(fact: Fact, part: bytes) -> Header:
    return Header(
        fact.type,
        fact.version,
        fact.id,
        fact.at_ms,
        fact.actor,
        fact.agency,
        fact.exercise,
        fact.collector,
        fact.role,
        fact.term,
        _hash(part),
    )


def _fact(header: Header, part: bytes | None) -> Fact:
    if part is not None and _hash(part) != header.payload_hash:
        raise Corrupt(f"payload of fact {header.id} ({header.type}) does not fit its hash")
    return Fact(
        type=header.type,
        version=header.version,
        id=header.id,
        at_ms=header.at_ms,
        actor=header.actor,
        agency=header.agency,
        exercise=header.exercise,
        collector=header.collector,
        payload=None if part is None else msgspec.json.decode(part),
        role=header.role,
        term=header.term,
    )
