"""Port ``SnapshotStore`` as one file that is replaced whole: written beside, synced, renamed."""

import asyncio
import os
from pathlib import Path

from soc.kernel.errors import StoreBusy


class FileSnapshots:
    """The snapshot in *path*."""

    def __init__(self, path: Path) -> None:
        """Keep the snapshot in *path*; its folder exists."""
        self._path = path

    async def load(self) -> bytes | None:
        """Return the file's bytes, or None when there is none."""
        return await asyncio.to_thread(self._read)

    async def save(self, data: bytes) -> None:
        """Replace the file; a crash leaves the old one or the new one.

        Raises:
            StoreBusy: it cannot be written, and the old one stays.
        """
        try:
            await asyncio.to_thread(self._write, data)
        except OSError as error:
            raise StoreBusy(f"{self._path}: {error.strerror}") from error

    def _read(self) -> bytes | None:
        try:
            return self._path.read_bytes()
        except FileNotFoundError:
            return None

    def _write(self, data: bytes) -> None:
        beside = self._path.with_suffix(".tmp")
        with beside.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(self._path)
        folder = os.open(self._path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


class MemorySnapshots:
    """The double: the snapshot in a variable."""

    def __init__(self) -> None:
        """Begin with none."""
        self.data: bytes | None = None

    async def load(self) -> bytes | None:
        """Return what was saved last."""
        return self.data

    async def save(self, data: bytes) -> None:
        """Keep *data*."""
        self.data = data
