"""Endurance: a fleet works against a real centre, whose vital signs are taken; then all is accounted for."""

import asyncio
import csv
import time
from collections import Counter, defaultdict
from collections.abc import Sequence
from contextlib import closing
from dataclasses import asdict, dataclass, field
from io import StringIO
from pathlib import Path
from statistics import median, quantiles

import msgspec
from support.accounts import balanced
from support.fleet import Site, agencies_toml, enrolled
from support.plot import svg
from support.system import System
from support.vitals import database, descriptors, kib_of, processor_seconds, resident_mib

from soc.health.fleet import Row
from soc.model.identity import SOC_AGENCY, RetentionClass, province
from soc.ports.events import Query
from soc.stores.embedded import EmbeddedEventStore
from soc.stores.sqlite_log import SqliteLog

SETTLED_WITHIN_S = 60


@dataclass(frozen=True, slots=True)
class Trial:
    """How hard and how long."""

    agencies: int
    seconds: float
    seed: int
    per_second: float = 1.0
    """Records of one agency."""
    line_s: tuple[float, float] = (10, 50)
    """Between which a line is up, and down, at a time."""
    sample_s: float = 10


@dataclass(frozen=True, slots=True)
class Sample:
    """What the centre was like at one moment."""

    seconds: float
    online: int
    rss_mib: float
    anonymous_mib: float
    """Of that, what is no mapped file."""
    descriptors: int
    processor_seconds: float
    ledger_kib: int
    facts: int
    feeds_kib: int
    store_kib: int
    written: int
    waiting: int
    """Records durable at a collector and not acknowledged."""
    lag_s: float
    """As the centre shows it: 95 of 100 collectors whose line is up have less."""


@dataclass(slots=True)
class Stored:
    """What of one agency lies in the store of a centre that has ended."""

    times: Counter[int] = field(default_factory=Counter[int])
    """By the line's number."""
    quarantined: int = 0


@dataclass(frozen=True, slots=True)
class Tally:
    """One agency at the end: what it wrote, what its account says, what is stored."""

    written: int
    malformed: int
    row: Row
    stored: Stored

    def check(self) -> None:
        """Fail unless each record is accounted for, and stored once."""
        balanced(self.row, self.written)
        wrong = {n: self.stored.times[n] for n in range(1, self.written + 1) if self.stored.times[n] != 1}
        assert not wrong, f"number → times stored: {dict(list(wrong.items())[:5])}: {self.row}"
        assert self.stored.quarantined == self.malformed, self.row
        assert self.row.quarantined >= self.malformed, self.row
        assert self.row.declared_gap == 0, self.row


@dataclass(frozen=True, slots=True)
class Endured:
    """What was seen, and what came in."""

    samples: Sequence[Sample]
    tallies: Sequence[Tally]
    delivered_s: float
    """How long after the last record was written all were delivered."""

    def check(self) -> None:
        """Fail unless every agency's records are accounted for, and stored once."""
        for tally in self.tallies:
            tally.check()

    def totals(self) -> dict[str, float]:
        """Return the sums over all agencies."""
        names = ("received", "stored", "reread", "known", "quarantined", "declared_gap", "unexplained_gap")
        return {
            "written": sum(tally.written for tally in self.tallies),
            "malformed": sum(tally.malformed for tally in self.tallies),
            **{name: sum(getattr(tally.row, name) for tally in self.tallies) for name in names},
            "delivered_after_seconds": round(self.delivered_s, 1),
        }

    def quarter(self, number: int, column: str) -> list[float]:
        """Return the values of *column* in quarter 1, 2, 3 or 4 of the time."""
        size = len(self.samples) / 4
        part = self.samples[round((number - 1) * size) : round(number * size)]
        return [getattr(sample, column) for sample in part]

    def growth(self, column: str) -> float:
        """Return by what share *column* is higher in the last quarter than in the second: 0.1 is a tenth."""
        return median(self.quarter(4, column)) / median(self.quarter(2, column)) - 1

    def csv(self) -> str:
        """Return the samples as a table."""
        out = StringIO()
        rows = [asdict(sample) for sample in self.samples]
        table = csv.DictWriter(out, list(rows[0]), lineterminator="\n")
        table.writeheader()
        table.writerows(rows)
        return out.getvalue()

    def svg(self, title: str) -> str:
        """Return the samples as a picture."""
        rows = [asdict(sample) for sample in self.samples]
        columns = {name: [row[name] for row in rows] for name in rows[0] if name != "seconds"}
        return svg(title, [sample.seconds for sample in self.samples], columns)


async def endure(folder: Path, trial: Trial) -> Endured:
    """Let a fleet work as *trial* says, and its lines come back; return what became of it, right or wrong."""
    print(f"fleet: {trial}")
    system = System(folder, settings=agencies_toml(trial.agencies))
    sites: list[Site] = []
    try:
        await asyncio.to_thread(system.start_centre)
        await enrolled(system, trial.agencies, trial.seed, sites)
        samples, delivered_s = await _worked(system, sites, trial)
        rows = await _settled(system, sites)
        await asyncio.to_thread(system.stop, "centre")
    finally:
        system.stop_all()
        for site in sites:
            site.journal.close()
    stored = await _stored(folder / "centre" / "events")
    tallies = [Tally(site.written, site.malformed, rows[site.agency], stored[site.agency]) for site in sites]
    return Endured(samples, tallies, delivered_s)


async def _worked(system: System, sites: list[Site], trial: Trial) -> tuple[list[Sample], float]:
    """Return samples of the time that was given, and how long after it everything was delivered."""
    began, stop, samples = time.monotonic(), asyncio.Event(), list[Sample]()
    async with asyncio.TaskGroup() as tasks:
        for site in sites:
            tasks.create_task(site.live(stop, per_second=trial.per_second, line_s=trial.line_s))
        while time.monotonic() < began + trial.seconds:
            samples.append(await _sample(system, sites, began))
            await asyncio.sleep(min(trial.sample_s, max(0, began + trial.seconds - time.monotonic())))
        samples.append(await _sample(system, sites, began))
        stop.set()
    return samples, time.monotonic() - began - trial.seconds


async def _sample(system: System, sites: list[Site], began: float) -> Sample:
    rows = await _rows(system)
    folder, pid = system.folder / "centre", system.pid("centre")
    online = [site for site in sites if site.online]
    lags = [rows[site.agency].lag_ms / 1000 for site in online if site.agency in rows]
    return Sample(
        seconds=round(time.monotonic() - began, 1),
        online=len(online),
        rss_mib=resident_mib(pid),
        anonymous_mib=resident_mib(pid, "RssAnon"),
        descriptors=descriptors(pid),
        processor_seconds=processor_seconds(pid),
        ledger_kib=kib_of(*database(folder / "ledger.db")),
        facts=await _facts(folder / "ledger.db"),
        feeds_kib=kib_of(*database(folder / "feeds.db")),
        store_kib=kib_of(folder / "events"),
        written=sum(site.written for site in sites),
        waiting=sum(site.waiting for site in sites),
        lag_s=round(quantiles(lags, n=20)[-1], 1) if len(lags) > 1 else 0,
    )


async def _facts(ledger: Path) -> int:
    with closing(SqliteLog.open(ledger, read_only=True)) as log:
        return sum(end.length for end in await log.streams(""))


async def _rows(system: System) -> dict[str, Row]:
    rows = [msgspec.convert(row, Row) for row in await asyncio.to_thread(system.say, "collectors")]
    return {row.origin.agency: row for row in rows}


async def _settled(system: System, sites: list[Site]) -> dict[str, Row]:
    """Return the accounts once the centre has read all that it fed; they may still be wrong."""
    deadline = time.monotonic() + SETTLED_WITHIN_S
    while True:
        rows = await _rows(system)
        heard = [site for site in sites if site.agency in rows and rows[site.agency].received >= site.written]
        if heard == sites or time.monotonic() > deadline:
            return rows
        await asyncio.sleep(0.5)


async def _stored(folder: Path) -> dict[str, Stored]:
    found = defaultdict[str, Stored](Stored)
    store = await asyncio.to_thread(EmbeddedEventStore.open, folder)
    try:
        async for event in store.stream(province(None), Query()):
            if event.origin.agency != SOC_AGENCY:
                stored = found[event.origin.agency]
                stored.times[int(event.original.split("#")[1])] += 1
                stored.quarantined += event.retention is RetentionClass.QUARANTINE
    finally:
        await store.close()
    return found
