"""The reserve: room on the disk that was taken in good time, so that a full spool can still say so."""

import os
from contextlib import suppress
from pathlib import Path

from soc.kernel.errors import SpoolError
from soc.spool.segment import SegmentWriter, sync_folder

RESERVE = "reserve"


class ReservedWriter(SegmentWriter):
    """A segment whose first *reserved_bytes* the disk has promised before they are written."""

    def __init__(self, path: Path, reserved_bytes: int) -> None:
        """Open *path*, which holds nothing but zeros, and take its room.

        Raises:
            OSError: the disk has no room for it, or makes no promises.
        """
        self._reserved_bytes = reserved_bytes
        super().__init__(path)

    @property
    def promised_bytes(self) -> int:
        """Return how much more fits whatever the disk says."""
        return max(0, self._reserved_bytes - self.size)

    def close(self) -> None:
        """Give back what was not needed, once anything was written, and close the file."""
        if self.size:
            with suppress(OSError):
                os.ftruncate(self._handle, self.size)
        super().close()

    def _repair(self) -> int:
        try:
            os.posix_fallocate(self._handle, 0, self._reserved_bytes)
            os.fsync(self._handle)
        except OSError:
            os.close(self._handle)
            raise
        return 0


class Reserve:
    """At most one reserved segment, under a name of its own until it is needed."""

    def __init__(self, folder: Path, size: int) -> None:
        """Hold nothing yet; *size* in bytes, 0 for no reserve at all."""
        self._path = folder / RESERVE
        self._size = size
        self._writer: ReservedWriter | None = None

    @property
    def wanted_bytes(self) -> int:
        """Return what :meth:`fill` would take; 0 when nothing is missing."""
        return self._size if self._writer is None else 0

    @property
    def used_bytes(self) -> int:
        """Return what is held."""
        return self._size if self._writer is not None else 0

    @property
    def found(self) -> bool:
        """Return whether an earlier start left its reserve, which costs nothing to take over."""
        return self._path.exists()

    def fill(self) -> None:
        """Take the room if it can be had; a disk that refuses is asked again later."""
        try:
            self._writer = ReservedWriter(self._path, self._size)
        except OSError:
            with suppress(OSError):
                self._path.unlink(missing_ok=True)

    def spend(self, path: Path) -> SegmentWriter | None:
        """Return the reserved segment, from now on called *path*; None when there is none.

        Raises:
            SpoolError: it could not be renamed; it is kept.
        """
        if self._writer is None:
            return None
        try:
            self._path.replace(path)
            sync_folder(path.parent)
        except OSError as error:
            raise SpoolError(f"{self._path}: {error.strerror}") from error
        writer, self._writer = self._writer, None
        writer.path = path
        return writer

    def give_up(self) -> None:
        """Free the room for something that needs it more."""
        self._path.unlink(missing_ok=True)
        self.close()

    def close(self) -> None:
        """Leave the reserve for the next start."""
        if self._writer is not None:
            self._writer.close()
            self._writer = None
