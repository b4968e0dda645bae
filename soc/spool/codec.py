"""Frames: how the spool's records lie in a file, and how far a file can be trusted.

    offset  size  what
    0       4     magic  b"SOCF"
    4       1     version (1)
    5       3     zero
    8       4     length of the payload, little endian
    12      4     CRC-32 over everything behind it: first_seq, count, payload
    16      8     first_seq   number of the first item in the payload
    24      4     count       items in the payload
    28      …     payload     opaque

A frame is whole or it is nothing: ``scan`` stops at the first byte that does not fit.
"""

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

MAGIC = b"SOCF"
VERSION = 1
MAX_PAYLOAD_BYTES = 64 << 20
_HEAD = struct.Struct("<4sB3xII")
_BODY = struct.Struct("<QI")
HEADER_BYTES = _HEAD.size + _BODY.size


@dataclass(frozen=True, slots=True)
class Frame:
    """One record of a segment."""

    first_seq: int
    count: int
    payload: bytes


@dataclass(frozen=True, slots=True)
class Scan:
    """What a buffer holds."""

    frames: tuple[tuple[int, Frame], ...]
    """(offset, frame) of every whole frame."""
    end: int
    """Offset behind the last whole frame."""
    damage: str | None
    """Why the rest is no frame; None when there is no rest."""


def encode_frame(first_seq: int, count: int, payload: bytes) -> bytes:
    """Return the bytes of a frame.

    Raises:
        ValueError: the payload is larger than 64 MiB.
    """
    if len(payload) > MAX_PAYLOAD_BYTES:
        raise ValueError(f"payload of {len(payload)} bytes; accepted: {MAX_PAYLOAD_BYTES}")
    body = _BODY.pack(first_seq, count) + payload
    return _HEAD.pack(MAGIC, VERSION, len(payload), zlib.crc32(body)) + body


def scan(buffer: bytes | memoryview, offset: int = 0) -> Scan:
    """Return the whole frames of *buffer* from *offset* on."""
    frames: list[tuple[int, Frame]] = []
    position = offset
    for start, frame, end in _frames(memoryview(buffer), offset):
        if frame is None:
            return Scan(tuple(frames), position, _why(memoryview(buffer), start))
        frames.append((start, frame))
        position = end
    return Scan(tuple(frames), position, None)


def payload_bytes(header: bytes) -> int:
    """Return how many payload bytes follow *header*, or -1 when it is none."""
    if len(header) < HEADER_BYTES:
        return -1
    magic, version, length, _ = _HEAD.unpack_from(header)
    fits = magic == MAGIC and version == VERSION and length <= MAX_PAYLOAD_BYTES
    return int(length) if fits else -1


def decode_frame(data: bytes | memoryview) -> Frame | None:
    """Return the frame that *data* begins with, or None if it is not whole."""
    length = payload_bytes(bytes(data[:HEADER_BYTES]))
    if length < 0 or len(data) < HEADER_BYTES + length:
        return None
    body = bytes(data[_HEAD.size : HEADER_BYTES + length])
    checksum: int = _HEAD.unpack_from(data)[3]
    if zlib.crc32(body) != checksum:
        return None
    first_seq, count = _BODY.unpack_from(body)
    return Frame(first_seq, count, body[_BODY.size :])


def _frames(view: memoryview, offset: int) -> Iterator[tuple[int, Frame | None, int]]:
    while offset < len(view):
        frame = decode_frame(view[offset:])
        end = offset if frame is None else offset + HEADER_BYTES + len(frame.payload)
        yield offset, frame, end
        if frame is None:
            return
        offset = end


def _why(view: memoryview, offset: int) -> str:
    rest = len(view) - offset
    length = payload_bytes(bytes(view[offset : offset + HEADER_BYTES]))
    if length < 0:
        return f"no frame at byte {offset}"
    if rest < HEADER_BYTES + length:
        return f"frame at byte {offset} is cut off"
    return f"frame at byte {offset} fails its checksum"
