"""Refused: copies of single records that no centre would take, so that the rest can go on.

The file ``refused.seg`` has the form of a segment, one record a frame. What a frame says of a number
holds only for the spool of the same id; frames of other spools are kept for people.
"""

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import msgspec
import zstandard

from soc.kernel.errors import SpoolError
from soc.model.record import Record
from soc.spool.codec import Frame, encode_frame
from soc.spool.growth import OpenSegment, refusal
from soc.spool.payload import VERSION, inflate
from soc.spool.segment import read_segment, sync_folder
from soc.wire.messages import Gap

REFUSED = "refused.seg"


class Aside(msgspec.Struct, frozen=True):
    """One record that was set aside, and the gap that is delivered in its place."""

    version: int
    spool: str
    boot: str
    gap: Gap
    record: Record | None
    """None: it was no longer in the spool."""


class Refused:
    """The records of one spool that were set aside."""

    def __init__(self, folder: Path, spool: str, limit_bytes: int, open_segment: OpenSegment) -> None:
        """Read what was set aside before; keep at most about *limit_bytes*, and the newest in any case."""
        self.gaps: dict[int, Gap] = {}
        """By number, what is delivered instead."""
        self._path = folder / REFUSED
        self._spool = spool
        self._limit_bytes = limit_bytes
        self._open_segment = open_segment
        self._path.with_suffix(".tmp").unlink(missing_ok=True)
        for aside in read_refused(folder):
            if aside.spool == spool:
                self.gaps[aside.gap.first_seq] = aside.gap

    @property
    def used_bytes(self) -> int:
        """Return what the copies take on the disk."""
        with suppress(OSError):
            return self._path.stat().st_size
        return 0

    def add(self, boot: str, gap: Gap, record: Record | None) -> None:
        """Make a copy durable; from then on the gap stands for the record.

        Raises:
            SpoolError: the disk fails or is full; nothing changed.
        """
        aside = Aside(VERSION, self._spool, boot, gap, record)
        payload = zstandard.ZstdCompressor(level=3).compress(msgspec.msgpack.encode(aside))
        frame = encode_frame(gap.first_seq, 1, payload)
        try:
            if self.used_bytes + len(frame) > self._limit_bytes:
                self._shrink(self._limit_bytes // 2 - len(frame))
            self._append(self._path, [frame])
        except OSError as error:
            raise refusal(SpoolError(f"{self._path}: {error.strerror}"), error) from error
        except SpoolError as error:
            raise refusal(error, error.__cause__) from error
        self.gaps[gap.first_seq] = gap

    def _append(self, path: Path, frames: Iterator[bytes] | list[bytes]) -> None:
        writer = self._open_segment(path)
        try:
            for frame in frames:
                writer.append(frame)
            writer.sync()
        finally:
            writer.close()

    def _shrink(self, keep_bytes: int) -> None:
        """Forget the oldest copies; their gaps stay known until the process ends."""
        surplus = self.used_bytes - keep_bytes
        fresh = self._path.with_suffix(".tmp")
        fresh.unlink(missing_ok=True)
        self._append(fresh, _behind(self._path, surplus))
        fresh.replace(self._path)
        sync_folder(self._path.parent)


def read_refused(folder: Path) -> Iterator[Aside]:
    """Yield what was set aside in *folder*, oldest first; also while a collector runs."""
    path = folder / REFUSED
    with suppress(OSError):
        for _, frame in read_segment(path, past_damage=True):
            aside = _decode(frame)
            if aside is not None:
                yield aside


def _behind(path: Path, offset: int) -> Iterator[bytes]:
    if not path.exists():
        return
    for found, frame in read_segment(path, past_damage=True):
        if found >= offset:
            yield encode_frame(frame.first_seq, frame.count, frame.payload)


def _decode(frame: Frame) -> Aside | None:
    try:
        aside = msgspec.msgpack.decode(inflate(frame.payload), type=Aside)
    except (zstandard.ZstdError, msgspec.DecodeError, UnicodeDecodeError):
        return None
    return aside if aside.version == VERSION else None
