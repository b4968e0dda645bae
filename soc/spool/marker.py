"""The acknowledgement marker: a small file that says below which number everything was delivered.

It may be stale, never ahead: a stale one only makes the collector send again what the centre knows.
"""

import errno
import os
from pathlib import Path


def read_marker(path: Path) -> int | None:
    """Return the number in *path*; None when there is none that can be trusted."""
    try:
        text = path.read_bytes()[: _BYTES + 1]
    except OSError:
        return None
    trusted = len(text) == _BYTES and text.endswith(b"\n") and text[:-1].isdigit()
    return int(text) if trusted else None


def write_marker(path: Path, number: int) -> None:
    """Replace *path* so that after a power cut it holds the old number or the new.

    On a full disk it is written in place: a torn marker is only an untrusted one, and a marker that
    cannot move would keep the spool from being emptied.

    Raises:
        OSError: it still holds the old number, or none.
    """
    fresh = path.with_suffix(".tmp")
    try:
        _write(fresh, number, os.O_CREAT | os.O_TRUNC)
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT):
            raise
        _write(path, number, 0)
    else:
        fresh.replace(path)


_BYTES = 21


def _write(path: Path, number: int, flags: int) -> None:
    handle = os.open(path, os.O_WRONLY | os.O_CLOEXEC | flags, 0o600)
    try:
        if os.write(handle, b"%020d\n" % number) != _BYTES:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        os.fsync(handle)
    finally:
        os.close(handle)
