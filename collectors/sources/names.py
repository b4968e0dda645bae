"""Names: the files that patterns lead to, looked at now and then."""

import os
import stat
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from glob import has_magic, iglob
from itertools import islice
from typing import NamedTuple

from collectors.sources.packed import SUFFIX
from collectors.sources.position import Position

MAX_FILES = 4096
COMPRESSED = (SUFFIX, ".xz", ".bz2", ".zst")


SURE = 2
"""Looks at a folder until its time is believed: the first may fall between two changes at one time."""
LISTED_AGAIN = 30
"""Looks after which a folder is listed, whatever its time says; some file systems tell it late."""


class Named(NamedTuple):
    """A regular file under one of its names."""

    path: str
    place: tuple[int, int]
    """Device and inode."""
    size: int
    mtime_ns: int


@dataclass(slots=True)
class _Listing:
    stamp: tuple[int, int, int]
    """Device, inode and time of the folder."""
    looks: int = 0
    paths: list[str] = field(default_factory=list[str])


@dataclass(slots=True)
class Names:
    """Patterns, and what their folders held."""

    patterns: tuple[str, ...]
    packed: bool
    """Whether files that were compressed with gzip count; those compressed otherwise never do."""
    _listings: dict[str, _Listing] = field(default_factory=dict[str, _Listing])

    def look(self) -> tuple[list[Named], str]:
        """Return the regular files that the patterns lead to, each once; and a name too many, or nothing."""
        unread = tuple(suffix for suffix in COMPRESSED if not (self.packed and suffix == SUFFIX))
        every = (path for pattern in self.patterns for path in self._paths(pattern))
        paths = list(islice((path for path in every if not path.endswith(unread)), MAX_FILES + 1))
        beyond = paths.pop() if len(paths) > MAX_FILES else ""
        found: dict[tuple[int, int], Named] = {}
        for path in paths:
            file = look(path)
            if file is not None:
                found.setdefault(file.place, file)
        return list(found.values()), beyond

    def _paths(self, pattern: str) -> list[str]:
        if not has_magic(pattern):
            return [pattern]
        folder = os.path.dirname(pattern)  # noqa: PTH120 - a pattern is no path
        if has_magic(folder):
            return _listed(pattern)
        try:
            status = os.stat(folder)  # noqa: PTH116 - once a look
        except OSError:
            return []
        stamp = (status.st_dev, status.st_ino, status.st_mtime_ns)
        listing = self._listings.get(pattern)
        if listing is None or listing.stamp != stamp or listing.looks >= LISTED_AGAIN:
            listing = self._listings[pattern] = _Listing(stamp)
        listing.looks += 1
        if listing.looks <= SURE:
            listing.paths = _listed(pattern)
        return listing.paths


def named(patterns: Sequence[str], *, packed: bool) -> tuple[list[Named], str]:
    """Return the regular files that *patterns* lead to, for whoever looks once; see ``Names``."""
    return Names(tuple(patterns), packed).look()


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


def _listed(pattern: str) -> list[str]:
    return sorted(iglob(pattern, recursive=True))  # noqa: PTH207 - an absolute pattern
