"""The marker: a small file that says below which number everything was delivered, and which were promised.

It may be stale, never ahead: a stale one only makes the collector send again what the centre knows.
"""

import errno
import os
import re
from dataclasses import dataclass
from pathlib import Path

MARKER = "acknowledged"


@dataclass(frozen=True, slots=True)
class Marker:
    """Two numbers; acknowledged ≤ promised."""

    acknowledged: int
    """Everything below it was delivered."""
    promised: int
    """Everything below it was durable once: what is not there any more was lost."""


def read_marker(path: Path) -> Marker | None:
    """Return the marker in *path*; None when there is none that can be trusted."""
    try:
        text = path.read_bytes()[: _BYTES + 1]
    except OSError:
        return None
    match = _SHAPE.fullmatch(text)
    if match is None:
        return None
    marker = Marker(int(match[1]), int(match[2]))
    return marker if 1 <= marker.acknowledged <= marker.promised else None


def write_marker(path: Path, marker: Marker) -> None:
    """Replace *path* so that after a power cut it holds the old numbers or the new.

    On a full disk it is written in place: a torn marker is only an untrusted one, and a marker that
    cannot move would keep the spool from being emptied.

    Raises:
        OSError: it still holds the old numbers, or none.
    """
    fresh = path.with_suffix(".tmp")
    try:
        _write(fresh, marker, os.O_CREAT | os.O_TRUNC)
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT):
            raise
        _write(path, marker, 0)
    else:
        fresh.replace(path)


_SHAPE = re.compile(rb"([0-9]{20}) ([0-9]{20})\n")
_BYTES = 42


def _write(path: Path, marker: Marker, flags: int) -> None:
    handle = os.open(path, os.O_WRONLY | os.O_CLOEXEC | flags, 0o600)
    try:
        if os.write(handle, b"%020d %020d\n" % (marker.acknowledged, marker.promised)) != _BYTES:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        os.fsync(handle)
    finally:
        os.close(handle)
