"""A snapshot: the chain and every fold's state at one entry, under one check."""

import hashlib
from collections.abc import Mapping

import msgspec

from soc.kernel.errors import Corrupt

VERSION = 1


class FoldState(msgspec.Struct, frozen=True, array_like=True):
    """One fold's state."""

    version: int
    """Of the fold; another version is replayed."""
    state: bytes


class Snapshot(msgspec.Struct, frozen=True, array_like=True):
    """What stood after the entry ``chain.next_n - 1`` of *stream*."""

    version: int
    stream: str
    chain: bytes
    """See ``fold.dump_chain``."""
    folds: Mapping[str, FoldState]


def encode(snapshot: Snapshot) -> bytes:
    """Return *snapshot* behind its check."""
    body = msgspec.msgpack.encode(snapshot)
    return _sum(body) + body


def decode(data: bytes) -> Snapshot:
    """Return the snapshot in *data*.

    Raises:
        Corrupt: damaged, or of a version not known here.
    """
    body = memoryview(data)[_SUM_BYTES:]
    if _sum(body) != data[:_SUM_BYTES]:
        raise Corrupt(f"snapshot of {len(data)} bytes fails its check")
    try:
        snapshot = msgspec.msgpack.decode(body, type=Snapshot)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Corrupt(f"snapshot: {error}") from error
    if snapshot.version != VERSION:
        raise Corrupt(f"snapshot version {snapshot.version}; known here: {VERSION}")
    return snapshot


_SUM_BYTES = 16


def _sum(body: bytes | memoryview) -> bytes:
    return hashlib.blake2b(body, digest_size=_SUM_BYTES).digest()
