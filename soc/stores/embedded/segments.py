"""The segment files of one shard: events in frames, written once, read by position."""

import os
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec
import zstandard

from soc.kernel.errors import Corrupt, SpoolError, StoreBusy
from soc.model.event import Event
from soc.spool.codec import encode_frame
from soc.spool.segment import SegmentWriter, Write, read_frame, read_segment
from soc.stores.embedded.shard import (
    MAX_FRAME_BYTES,
    MAX_FRAME_EVENTS,
    MAX_SEGMENT_BYTES,
    Position,
)

LEVEL = 3
"""Of zstd."""
MAX_PLAIN_BYTES = 256 << 20
SUFFIX = ".seg"


class Segments:
    """Append-only files ``00000001.seg``, … in one folder; one writer, any number of readers."""

    def __init__(self, folder: Path, *, write: Write = os.write) -> None:
        """Use the existing *folder*; no file is opened before the first append."""
        self._folder = folder
        self._write = write
        self._writer: SegmentWriter | None = None
        self._number = 0

    def append(self, events: Sequence[Event]) -> list[Position]:
        """Write *events* durably and return where each lies.

        Raises:
            StoreBusy: the disk is full or failing; nothing is promised.
        """
        positions: list[Position] = []
        try:
            writer = self._open_writer()
            for payload, count in _frames(events):
                offset = writer.append(encode_frame(0, count, payload))
                positions.extend(Position(self._number, offset, index) for index in range(count))
            writer.sync()
        except (SpoolError, OSError) as error:
            self.close()
            self._number += 1  # a file that failed to sync takes no more
            raise StoreBusy(str(error)) from error
        return positions

    def read(self, position: Position, cache: "FrameCache") -> Event:
        """Return the event at *position*.

        Raises:
            Corrupt: there is none.
        """
        frame = cache.get(self._path(position.segment), position.offset)
        if position.index >= len(frame):
            raise Corrupt(f"{self._folder}: no event at {position}")
        return _event(frame[position.index])

    def events_from(self, start: Position) -> Iterator[tuple[Position, Event]]:
        """Yield every event at *start* and behind it, in the order of writing.

        Raises:
            Corrupt: a whole frame holds no events.
        """
        for number in self.numbers():
            if number < start.segment:
                continue
            offset = start.offset if number == start.segment else 0
            for at, frame in read_segment(self._path(number), offset):
                for index, raw in enumerate(_unpack(frame.payload)):
                    position = Position(number, at, index)
                    if position >= start:
                        yield position, _event(raw)

    def numbers(self) -> list[int]:
        """Return the numbers of the files, in order."""
        return sorted(int(path.stem) for path in self._folder.glob(f"*{SUFFIX}") if path.stem.isdigit())

    def size_bytes(self) -> int:
        """Return the size of all files."""
        return sum(self._path(number).stat().st_size for number in self.numbers())

    def close(self) -> None:
        """Close the file that is being written; everything in it is durable already."""
        if self._writer is not None:
            self._writer.close()
            self._writer = None

    def _path(self, number: int) -> Path:
        return self._folder / f"{number:08d}{SUFFIX}"

    def _open_writer(self) -> SegmentWriter:
        if self._writer is not None and self._writer.size < MAX_SEGMENT_BYTES:
            return self._writer
        if self._writer is not None:
            self.close()
            self._number += 1
        self._number = max(self._number, *self.numbers(), 1)
        self._writer = SegmentWriter(self._path(self._number), write=self._write)
        return self._writer


class FrameCache:
    """The frames read last, decompressed: neighbours in time are neighbours in a frame."""

    def __init__(self, capacity: int = 64) -> None:
        """Keep at most *capacity* frames."""
        self._capacity = capacity
        self._frames: OrderedDict[tuple[Path, int], list[msgspec.Raw]] = OrderedDict()

    def get(self, path: Path, offset: int) -> list[msgspec.Raw]:
        """Return the undecoded events of one frame.

        Raises:
            Corrupt: there is no such frame.
        """
        key = (path, offset)
        if key not in self._frames:
            self._frames[key] = _unpack(read_frame(path, offset).payload)
            if len(self._frames) > self._capacity:
                self._frames.popitem(last=False)
        self._frames.move_to_end(key)
        return self._frames[key]


_EVENT = msgspec.msgpack.Decoder(Event)
_RAWS = msgspec.msgpack.Decoder(list[msgspec.Raw])
_ENCODER = msgspec.msgpack.Encoder()


def _frames(events: Sequence[Event]) -> Iterator[tuple[bytes, int]]:
    pack = zstandard.ZstdCompressor(level=LEVEL).compress
    raws: list[msgspec.Raw] = []
    size = 0
    for event in events:
        raw = msgspec.Raw(_ENCODER.encode(event))
        if raws and (len(raws) >= MAX_FRAME_EVENTS or size + len(bytes(raw)) > MAX_FRAME_BYTES):
            yield pack(_ENCODER.encode(raws)), len(raws)
            raws, size = [], 0
        raws.append(raw)
        size += len(bytes(raw))
    if raws:
        yield pack(_ENCODER.encode(raws)), len(raws)


def _unpack(payload: bytes) -> list[msgspec.Raw]:
    try:
        plain = zstandard.ZstdDecompressor().decompress(payload, max_output_size=MAX_PLAIN_BYTES)
        return _RAWS.decode(plain)
    except (zstandard.ZstdError, msgspec.DecodeError) as error:
        raise Corrupt(f"frame of {len(payload)} bytes holds no events: {error}") from error


def _event(raw: msgspec.Raw) -> Event:
    try:
        return _EVENT.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Corrupt(f"event of {len(bytes(raw))} bytes: {error}") from error
