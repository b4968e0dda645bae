"""A segment: an append-only file of frames that is cut back to whole frames when it is opened."""

import errno
import os
from collections.abc import Callable, Iterator
from pathlib import Path

from soc.kernel.errors import Corrupt, SpoolError
from soc.spool.codec import HEADER_BYTES, Frame, decode_frame, payload_bytes

Write = Callable[[int, bytes], int]
"""``os.write`` or a stand-in that runs out of disk."""
Sync = Callable[[int], None]
"""``os.fdatasync`` or a stand-in that fails."""


class SegmentWriter:
    """The one writer of a segment file.

    A failed append is cut off again. After a failed sync the file is lost: what was not known to be
    durable must be written to another (a second fsync may report success for pages that are gone).
    """

    def __init__(self, path: Path, *, write: Write = os.write, sync: Sync = os.fdatasync) -> None:
        """Open *path*, creating it and its directory entry durably; a torn tail is cut off."""
        created = not path.exists()
        self.path = path
        self._write = write
        self._sync = sync
        self._handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        if created:
            sync_folder(path.parent)
        self._end = 0
        self._lost = False
        self.repaired_bytes: int = self._repair()

    @property
    def size(self) -> int:
        """Return where the next frame will begin."""
        return self._end

    @property
    def promised_bytes(self) -> int:
        """Return how many bytes behind the end the disk has promised already."""
        return 0

    def append(self, frame: bytes) -> int:
        """Write *frame* and return its offset; durable only after :meth:`sync`.

        Raises:
            SpoolError: the disk is full or failing; nothing of the frame is left.
        """
        if self._lost:
            raise SpoolError(f"{self.path} failed before; it takes no more")
        offset = self._end
        try:
            self._write_all(frame)
        except OSError as error:
            self._cut(offset)
            raise SpoolError(f"{self.path}: {error.strerror}; {len(frame)} bytes were not written") from error
        self._end = offset + len(frame)
        return offset

    def sync(self) -> None:
        """Make everything appended durable.

        Raises:
            SpoolError: it may not be; this writer takes no more.
        """
        try:
            self._sync(self._handle)
        except OSError as error:
            self._lost = True
            raise SpoolError(f"{self.path}: {error.strerror} at fdatasync") from error

    def close(self) -> None:
        """Close the file; what was not synced is not promised."""
        os.close(self._handle)

    def _cut(self, offset: int) -> None:
        try:
            os.ftruncate(self._handle, offset)
            os.lseek(self._handle, offset, os.SEEK_SET)
        except OSError:  # a disk that became read-only; half a frame stays, which nobody reads
            self._lost = True

    def _write_all(self, frame: bytes) -> None:
        rest = memoryview(frame)
        while rest:
            # A full disk shows as a short count first, without any error.
            written = self._write(self._handle, bytes(rest))
            if written <= 0:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            rest = rest[written:]

    def _repair(self) -> int:
        size = os.fstat(self._handle).st_size
        for offset, frame in read_segment(self.path):
            self._end = offset + HEADER_BYTES + len(frame.payload)
        if self._end < size:
            os.ftruncate(self._handle, self._end)
            os.fsync(self._handle)
        os.lseek(self._handle, self._end, os.SEEK_SET)
        return size - self._end


def read_segment(path: Path, offset: int = 0, *, past_damage: bool = False) -> Iterator[tuple[int, Frame]]:
    """Yield (offset, frame) of every whole frame from *offset* on; ends at the first that is not.

    With *past_damage* a frame that fails its checksum is stepped over by its length. Nothing is ever
    searched for: bytes inside a payload may come from an attacker and look like a frame.
    """
    with path.open("rb") as file:
        file.seek(offset)
        while (length := payload_bytes(header := file.read(HEADER_BYTES))) >= 0:
            frame = decode_frame(header + file.read(length))
            if frame is not None:
                yield offset, frame
            elif not past_damage:
                return
            offset += HEADER_BYTES + length


def read_frame(path: Path, offset: int) -> Frame:
    """Return the frame at *offset*.

    Raises:
        Corrupt: there is no whole frame.
    """
    with path.open("rb") as file:
        file.seek(offset)
        header = file.read(HEADER_BYTES)
        frame = decode_frame(header + file.read(max(payload_bytes(header), 0)))
    if frame is None:
        raise Corrupt(f"{path}: no whole frame at byte {offset}")
    return frame


def sync_folder(folder: Path) -> None:
    """Make a folder's entries (new, renamed, removed files) durable."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
