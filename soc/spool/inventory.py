"""Inventory: what lies in a spool's folder, read without changing anything, also while a collector runs."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from soc.model.record import Record
from soc.spool.codec import HEADER_BYTES
from soc.spool.identity import read_identity
from soc.spool.marker import MARKER, Marker, read_marker
from soc.spool.payload import decode_kept
from soc.spool.refused import read_refused
from soc.spool.shelf import SET_ASIDE, Shelf


@dataclass(frozen=True, slots=True)
class Lying:
    """One segment file."""

    path: Path
    first_seq: int
    end_seq: int
    """Behind its last number."""
    records: int
    declared: int
    """Numbers that it declares as gaps."""
    size: int
    odd_bytes: int
    """What is no whole frame: a torn tail, damage, or room taken beforehand."""


@dataclass(frozen=True, slots=True)
class Report:
    """What a folder holds and what it should hold."""

    spool: str
    acked_seq: int
    next_seq: int
    segments: tuple[Lying, ...]
    missing: tuple[tuple[int, int], ...]
    """First and last of every range that is not delivered and in no segment."""
    refused: int
    quarantined: int

    @property
    def sound(self) -> bool:
        """Return whether everything that is still to be delivered is there."""
        return not self.missing


def verify(folder: Path) -> Report:
    """Return what *folder* holds; a folder that is none holds nothing."""
    shelf = Shelf.open(folder)
    segments = tuple(_lying(shelf, first) for first in shelf.firsts)
    oldest = min(shelf.firsts, default=1)
    marker = read_marker(folder / MARKER) or Marker(oldest, oldest)
    next_seq = max([marker.promised, *(segment.end_seq for segment in segments)])
    return Report(
        spool=read_identity(folder),
        acked_seq=marker.acknowledged,
        next_seq=next_seq,
        segments=segments,
        missing=tuple(_holes(shelf, marker.acknowledged, next_seq)),
        refused=sum(1 for _ in read_refused(folder)),
        quarantined=sum(1 for _ in folder.glob(f"*{SET_ASIDE}")),
    )


def contents(folder: Path, from_seq: int = 1) -> Iterator[tuple[int, Record]]:
    """Yield the records in *folder* with their numbers, oldest first; delivered ones too."""
    for _, frame in Shelf.open(folder).frames(from_seq):
        kept = decode_kept(frame)
        if kept is not None:
            yield from (
                (n, record) for n, record in enumerate(kept.records, frame.first_seq) if n >= from_seq
            )


def _lying(shelf: Shelf, first_seq: int) -> Lying:
    end_seq, records, declared, whole = first_seq, 0, 0, 0
    for frame in shelf.frames_of(first_seq):
        whole += HEADER_BYTES + len(frame.payload)
        kept = decode_kept(frame)
        if kept is not None:
            end_seq = max(end_seq, frame.first_seq + frame.count)
            records += len(kept.records)
            declared += frame.count - len(kept.records)
    path = shelf.path(first_seq)
    size = path.stat().st_size if path.exists() else 0
    return Lying(path, first_seq, end_seq, records, declared, size, size - whole)


def _holes(shelf: Shelf, from_seq: int, next_seq: int) -> Iterator[tuple[int, int]]:
    expected = from_seq
    for _, frame in shelf.frames(from_seq):
        if decode_kept(frame) is None:
            continue
        if frame.first_seq > expected:
            yield expected, frame.first_seq - 1
        expected = max(expected, frame.first_seq + frame.count)
    if next_seq > expected:
        yield expected, next_seq - 1
