"""Growth: the end of a shelf, where frames are made durable one at a time."""

import errno
import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from soc.kernel.errors import SpoolError
from soc.spool.segment import SegmentWriter
from soc.spool.shelf import Shelf

OpenSegment = Callable[[Path], SegmentWriter]


class SpoolFull(SpoolError):
    """No room until something is delivered or the disk has space again."""

    retryable = True


class Growth:
    """The segment that grows; a new one begins at every start, when one is large, and when one is lost."""

    def __init__(self, shelf: Shelf, segment_bytes: int, open_segment: OpenSegment) -> None:
        """Grow *shelf* by segments of about *segment_bytes*."""
        self._shelf = shelf
        self._segment_bytes = segment_bytes
        self._open_segment = open_segment
        self._writer: SegmentWriter | None = None

    @property
    def begins(self) -> bool:
        """Return whether the next frame will be the first of its segment."""
        return self._writer is None or self._writer.size == 0 or self._is_large(self._writer)

    def write(self, first_seq: int, frame: bytes) -> None:
        """Make *frame* durable, or leave nothing of it.

        Raises:
            SpoolFull: the disk has no room.
            SpoolError: the disk fails; the next frame goes to a new segment.
        """
        writer = self._writer_for(first_seq)
        try:
            offset = writer.append(frame)
        except SpoolError as error:
            raise _refusal(error, error.__cause__) from error
        try:
            writer.sync()
        except SpoolError:
            self._abandon(writer, offset)
            raise
        self._shelf.put(int(writer.path.stem), writer.size)

    def close(self) -> None:
        """End the segment."""
        if self._writer is not None:
            self._writer.close()
            self._writer = None

    def _is_large(self, writer: SegmentWriter) -> bool:
        return writer.size >= self._segment_bytes

    def _writer_for(self, first_seq: int) -> SegmentWriter:
        if self._writer is not None and self._is_large(self._writer):
            self.close()
        if self._writer is None:
            path = self._shelf.path(first_seq)
            try:
                path.unlink(missing_ok=True)  # left by a crash before its first frame was whole
                self._writer = self._open_segment(path)
            except OSError as error:
                raise _refusal(SpoolError(f"{path}: {error.strerror}"), error) from error
        return self._writer

    def _abandon(self, writer: SegmentWriter, offset: int) -> None:
        self.close()
        with suppress(OSError):
            os.truncate(writer.path, offset)


def _refusal(error: SpoolError, cause: BaseException | None) -> SpoolError:
    full = isinstance(cause, OSError) and cause.errno in (errno.ENOSPC, errno.EDQUOT)
    return SpoolFull(str(error)) if full else error
