"""Content: the bytes that were written to a log file, by offset, whatever the file is by now."""

import os
from dataclasses import dataclass, field
from typing import Protocol


class Content(Protocol):
    """An open file. Every method may block on the disk, and raises OSError."""

    handle: int

    def read(self, size: int, offset: int) -> bytes:
        """Return up to *size* bytes from *offset*; empty where there are none (yet)."""
        ...

    def holds(self, end: int) -> bool:
        """Return whether there may be *end* bytes."""
        ...

    def complete(self) -> bool:
        """Return whether, behind what can be read, nothing will come."""
        ...

    def seal(self) -> str:
        """Return what tells a file that does not grow from all others; empty for one that grows."""
        ...


@dataclass(slots=True)
class Plain:
    """A file as it was written."""

    handle: int

    def read(self, size: int, offset: int) -> bytes:
        """Return up to *size* bytes from *offset*."""
        return os.pread(self.handle, size, offset)

    def holds(self, end: int) -> bool:
        """Return whether it is that long."""
        return os.fstat(self.handle).st_size >= end

    def complete(self) -> bool:
        """Return that more may be written at any time."""
        return False

    def seal(self) -> str:
        """Return nothing: it may grow."""
        return ""


@dataclass(slots=True)
class Watch:
    """Tells whether a file was written to since one asked last."""

    handle: int
    _seen: tuple[int, int] = field(default=(-1, 0))

    def changed(self) -> bool:
        """Return whether size or time are others than before; the first time, yes."""
        status = os.fstat(self.handle)
        before, self._seen = self._seen, (status.st_size, status.st_mtime_ns)
        return before != self._seen
