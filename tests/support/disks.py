"""Small disks: a real file system that can be filled, or a count of bytes where none can be mounted."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from soc.spool.segment import SegmentWriter


@dataclass(frozen=True)
class SmallDisk:
    """A folder that can be filled to the last byte."""

    folder: Path
    size: int
    real: bool

    def free_bytes(self) -> int:
        """Return what still fits."""
        if self.real:
            status = os.statvfs(self.folder)
            return status.f_bavail * status.f_frsize
        return self.size - sum(path.stat().st_size for path in self.folder.iterdir())

    def fill(self) -> Path:
        """Put a file there that leaves not one byte."""
        path = self.folder / "somebody else's"
        with path.open("wb", buffering=0) as file, suppress(OSError):
            while self.free_bytes() and file.write(bytes(min(4096, self.free_bytes()))):
                pass
        return path

    def open_segment(self, path: Path) -> SegmentWriter:
        """Open a segment there."""
        return SegmentWriter(path) if self.real else SegmentWriter(path, write=self._write)

    def _write(self, handle: int, data: bytes) -> int:
        return os.write(handle, data[: max(0, self.free_bytes())])


@contextmanager
def small_disk(folder: Path, size: int) -> Iterator[SmallDisk]:
    """Mount a tmpfs of *size* bytes on *folder*; where that is not allowed, count its bytes instead."""
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={size},mode=700", "tmpfs", str(folder)]
    real = subprocess.run(mount, capture_output=True, check=False, timeout=30).returncode == 0
    try:
        yield SmallDisk(folder, size, real)
    finally:
        if real:
            subprocess.run(["umount", "--lazy", str(folder)], check=True, timeout=30)
