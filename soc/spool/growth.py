"""Growth: the end of a shelf, where frames are made durable one at a time."""

import errno
import os
from collections.abc import Callable
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
        self._tainted: Path | None = None
        """A segment that ends with a frame that was refused and could not be cut off."""

    @property
    def begins(self) -> bool:
        """Return whether the next frame will be the first of its segment, or of this start."""
        return self._writer is None or self._writer.size == 0 or self._is_large(self._writer)

    @property
    def promised_bytes(self) -> int:
        """Return what fits the present segment whatever the disk says."""
        return 0 if self._writer is None else self._writer.promised_bytes

    def adopt(self, writer: SegmentWriter) -> None:
        """End the present segment and go on in *writer*'s, which is empty."""
        self.close()
        self._writer = writer
        self._shelf.put(int(writer.path.stem), writer.promised_bytes)

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
            if not isinstance(refused := refusal(error, error.__cause__), SpoolFull):
                self.close()
            raise refused from error
        try:
            writer.sync()
        except SpoolError:
            self._abandon(writer, offset)
            raise
        first = int(writer.path.stem)
        self._shelf.put(first, writer.size + writer.promised_bytes)
        self._shelf.stated = first

    def close(self) -> None:
        """End the segment."""
        if self._writer is not None:
            writer, self._writer = self._writer, None
            writer.close()
            if writer.size:
                self._shelf.put(int(writer.path.stem), writer.size)

    def _is_large(self, writer: SegmentWriter) -> bool:
        return writer.size >= self._segment_bytes and not writer.promised_bytes

    def _writer_for(self, first_seq: int) -> SegmentWriter:
        if self._writer is not None and self._is_large(self._writer):
            self.close()
        if self._writer is None:
            path = self._shelf.path(first_seq)
            try:
                if path == self._tainted:
                    path.unlink(missing_ok=True)
                self._writer = self._open_segment(path)
            except OSError as error:
                raise refusal(SpoolError(f"{path}: {error.strerror}"), error) from error
        return self._writer

    def _abandon(self, writer: SegmentWriter, offset: int) -> None:
        self.close()
        try:
            os.truncate(writer.path, offset)
        except OSError:
            self._tainted = writer.path


def refusal(error: SpoolError, cause: BaseException | None) -> SpoolError:
    """Return *error*, as one that passes by itself if *cause* is a full disk."""
    full = isinstance(cause, OSError) and cause.errno in (errno.ENOSPC, errno.EDQUOT)
    return SpoolFull(str(error)) if full else error
