"""Frames of Lumberjack version 2 as a sender writes them."""

import zlib
from collections.abc import Iterable


def window(count: int) -> bytes:
    """Say that *count* documents follow."""
    return b"2W" + count.to_bytes(4)


def document(seq: int, raw: bytes) -> bytes:
    """Say a document in JSON."""
    return b"2J" + seq.to_bytes(4) + _block(raw)


def pairs(seq: int, said: Iterable[tuple[bytes, bytes]]) -> bytes:
    """Say a document in pairs."""
    blocks = [_block(key) + _block(value) for key, value in said]
    return b"2D" + seq.to_bytes(4) + len(blocks).to_bytes(4) + b"".join(blocks)


def compressed(frames: bytes) -> bytes:
    """Say *frames* compressed."""
    return b"2C" + _block(zlib.compress(frames))


def batch(raws: Iterable[bytes], first: int = 1) -> bytes:
    """Say documents as Beats do: a window, then all of them compressed."""
    said = [document(seq, raw) for seq, raw in enumerate(raws, first)]
    return window(len(said)) + compressed(b"".join(said))


def _block(raw: bytes) -> bytes:
    return len(raw).to_bytes(4) + raw
