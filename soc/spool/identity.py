"""The identity of a spool: a random id in a small file; sequence numbers count within it."""

import os
import re
from pathlib import Path

from soc.kernel.errors import SpoolError
from soc.kernel.ids import random_id
from soc.spool.segment import sync_folder

IDENTITY = "spool"
_SHAPE = re.compile(r"[0-9a-f]{32}\n")


def read_identity(folder: Path) -> str:
    """Return the id of the spool in *folder*; empty when it has none that can be read."""
    try:
        text = (folder / IDENTITY).read_text(encoding="ascii")
    except (OSError, UnicodeDecodeError):
        return ""
    return text.strip() if _SHAPE.fullmatch(text) else ""


def new_identity(folder: Path) -> str:
    """Give the spool in *folder* a fresh id, durable before it is used.

    Raises:
        SpoolError: it cannot be written.
    """
    identity = random_id()
    fresh = folder / f"{IDENTITY}.tmp"
    try:
        with fresh.open("w", encoding="ascii") as file:
            file.write(identity + "\n")
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(folder / IDENTITY)
        sync_folder(folder)
    except OSError as error:
        raise SpoolError(f"{folder / IDENTITY}: {error.strerror}") from error
    return identity
