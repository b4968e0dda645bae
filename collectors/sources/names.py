"""Names: the files that patterns lead to, looked at now and then."""

import os
import stat
from collections.abc import Iterator, Sequence
from contextlib import suppress
from glob import iglob
from itertools import islice
from typing import NamedTuple

from collectors.sources.packed import SUFFIX
from collectors.sources.position import Position

MAX_FILES = 4096
COMPRESSED = (SUFFIX, ".xz", ".bz2", ".zst")


class Named(NamedTuple):
    """A regular file under one of its names."""

    path: str
    place: tuple[int, int]
    """Device and inode."""
    size: int
    mtime_ns: int


def named(patterns: Sequence[str], *, packed: bool) -> tuple[list[Named], str]:
    """Return the regular files that *patterns* lead to, each once; and a name beyond the limit, or nothing.

    Names of compressed files are passed over, those that can be read excepted if *packed*.
    """
    unread = tuple(suffix for suffix in COMPRESSED if not (packed and suffix == SUFFIX))
    paths = list(islice((path for path in _paths(patterns) if not path.endswith(unread)), MAX_FILES + 1))
    beyond = paths.pop() if len(paths) > MAX_FILES else ""
    found: dict[tuple[int, int], Named] = {}
    for path in paths:
        file = look(path)
        if file is not None:
            found.setdefault(file.place, file)
    return list(found.values()), beyond


def look(path: str) -> Named | None:
    """Return what regular file *path* leads to, if any."""
    try:
        status = os.stat(path)  # noqa: PTH116 - many names a second
    except OSError:
        return None
    if not stat.S_ISREG(status.st_mode):
        return None
    return Named(path, (status.st_dev, status.st_ino), status.st_size, status.st_mtime_ns)


def kin(positions: Sequence[Position], *, packed: bool) -> Iterator[Named]:
    """Yield files beside those of *positions* that one of them may have become: renamed or compressed."""
    places = {position.place for position in positions}
    inodes = {inode for _, inode in places}
    stems: dict[str, set[str]] = {}
    for position in positions:
        folder, _, name = os.fsdecode(position.path).rpartition("/")
        stems.setdefault(folder, set()).add(name)
    for folder, names in stems.items():
        beginnings = tuple(names)
        with suppress(OSError), os.scandir(folder) as entries:
            for entry in entries:
                squeezed = packed and entry.name.endswith(SUFFIX) and entry.name.startswith(beginnings)
                file = look(entry.path) if squeezed or entry.inode() in inodes else None
                if file is not None and (squeezed or file.place in places):
                    yield file


def _paths(patterns: Sequence[str]) -> Iterator[str]:
    return (path for pattern in patterns for path in sorted(iglob(pattern, recursive=True)))  # noqa: PTH207 - absolute patterns
