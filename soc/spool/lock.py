"""The lock of a folder: one process at a time, given up by the kernel when the process dies."""

import fcntl
import os
from pathlib import Path

from soc.kernel.errors import SpoolError


class FolderLock:
    """Holds *folder* until closed."""

    def __init__(self, folder: Path) -> None:
        """Take the lock at once or not at all; a missing folder is made.

        Raises:
            SpoolError: another process holds it, or the folder cannot be written.
        """
        try:
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._handle = os.open(folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise SpoolError(f"{folder}: {error.strerror}") from error
        try:
            fcntl.flock(self._handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            os.close(self._handle)
            raise SpoolError(f"{folder} is in use by another process; stop that one first") from error

    def close(self) -> None:
        """Let the next one in."""
        os.close(self._handle)
