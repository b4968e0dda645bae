"""Overflow: what sources that cannot wait let go while the spool takes nothing, counted until it is noted."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from collectors.reading import Reading
from soc.spool.journal import Shed


@dataclass(frozen=True, slots=True)
class LetGo:
    """Counts to be declared, and how far their sources were read meanwhile."""

    shed: tuple[Shed, ...] = ()
    states: Mapping[str, bytes] = field(default_factory=dict[str, bytes])


@dataclass(slots=True)
class Overflow:
    """One count for each source and reason; as large as the number of sources, however long it lasts."""

    _counts: dict[tuple[str, str], Shed] = field(default_factory=dict[tuple[str, str], Shed])
    _states: dict[str, bytes] = field(default_factory=dict[str, bytes])

    def __bool__(self) -> bool:
        """Return whether anything is held."""
        return bool(self._counts)

    def let_go(self, readings: Iterable[Reading], why: str, at_ms: int) -> None:
        """Count the records of *readings* and what was let go in them already."""
        for reading in readings:
            for record in reading.records:
                self._count(Shed(record.source, 1, why, at_ms))
            for shed in reading.shed:
                self._count(shed)
            self._states |= reading.states

    def take(self) -> LetGo:
        """Return what is held and hold nothing more."""
        taken = LetGo(tuple(self._counts.values()), self._states)
        self._counts, self._states = {}, {}
        return taken

    def give_back(self, taken: LetGo) -> None:
        """Hold *taken* again; what was counted since is added, and its positions are the newer ones."""
        for shed in taken.shed:
            self._count(shed)
        self._states = {**taken.states, **self._states}

    def _count(self, shed: Shed) -> None:
        key = (shed.source, shed.why)
        known = self._counts.get(key, Shed(shed.source, 0, shed.why, shed.at_ms))
        at_ms = min(known.at_ms, shed.at_ms)
        self._counts[key] = Shed(shed.source, known.count + shed.count, shed.why, at_ms)
