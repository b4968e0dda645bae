"""Shed: what a source had to let go; it is numbered so that the centre can count it."""

from collections.abc import Iterable
from dataclasses import dataclass

from soc.wire.messages import Gap


@dataclass(frozen=True, slots=True)
class Shed:
    """Some records of one source, and why they are not kept."""

    source: str
    count: int
    why: str
    at_ms: int


def numbered(shed: Iterable[Shed], first_seq: int) -> tuple[Gap, ...]:
    """Return the gaps that give *shed* the numbers from *first_seq* on."""
    gaps: list[Gap] = []
    for item in shed:
        gaps.append(Gap(item.source, first_seq, first_seq + item.count - 1, item.why, item.at_ms))
        first_seq += item.count
    return tuple(gaps)
