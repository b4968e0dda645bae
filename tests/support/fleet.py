"""A fleet: many agencies' collectors in one process, each with a spool, a certificate and a line of its own.

    write ──► journal ──► shipper, pulse ──TLS──► a real centre
                             └── a line that is down half of the time, cut in the middle of whatever it does

Only the reading of files is left out; what is kept, numbered, shipped and said is the collector's own code.
Each machine's clock is wrong by up to a day, and one record in a hundred is no record of its format.
"""

import asyncio
import logging
import random
import shutil
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from io import StringIO

from support.system import System

from collectors.beat import Pulse
from collectors.centre import Centre, Outcome
from collectors.corrected import CorrectedClock
from collectors.credential import Credential, load_credential, store_credential
from collectors.enrol import enrol, new_key
from collectors.keep import Keeper
from collectors.lag import Lag
from collectors.orders import Orders
from collectors.pace import Pace
from collectors.reading import Reading
from collectors.ship import Shipper
from soc.kernel.channel import Channel
from soc.kernel.clock import SystemClock, from_ms
from soc.kernel.logs import open_log
from soc.model.record import Record
from soc.spool.journal import Journal, Room, Start

DAY_MS = 86_400_000
MALFORMED_SHARE = 0.01
MARKED_SHARE = 0.005
"""Lines that a rule finds, so that the ledger has something to grow by."""
BEAT_EVERY = timedelta(seconds=10)
DOWN_FIRST_SHARE = 0.5


class SkewedClock:
    """The machine's clock, wrong by *ahead_ms*."""

    def __init__(self, ahead_ms: int) -> None:
        self._clock = SystemClock()
        self._ahead_ms = ahead_ms

    def now(self) -> datetime:
        return from_ms(self.now_ms())

    def now_ms(self) -> int:
        return self._clock.now_ms() + self._ahead_ms

    def monotonic(self) -> float:
        return self._clock.monotonic()

    async def sleep(self, duration: timedelta) -> None:
        await self._clock.sleep(duration)


def agencies_toml(count: int) -> str:
    """Return the tables of a centre that knows *count* agencies, all behind one address here."""
    limits = "[gateway.limits]\nconnections_per_address = 2048\n"
    return limits + "".join(f'[[agency]]\nid = "{agency(n)}"\nname = "Xã {n}"\n' for n in range(count))


def agency(number: int) -> str:
    return f"xa-{number:03d}"


@dataclass(slots=True)
class Site:
    """One agency with one collector."""

    number: int
    gateway: str
    credential: Credential
    journal: Journal
    clock: CorrectedClock
    """Wrong until an answer of the centre is heard."""
    chance: random.Random
    online: bool = False
    malformed: int = 0
    written: int = 0
    _keeper: Keeper = field(init=False)
    _out: Channel[Reading] = field(default_factory=lambda: Channel[Reading](64))

    def __post_init__(self) -> None:
        log = open_log(StringIO(), level=logging.ERROR)  # an hour of everything would fill the memory
        self._keeper = Keeper(self.journal, Lag(["app"]), self.clock, log)

    @property
    def agency(self) -> str:
        """Return the agency's id."""
        return self.credential.origin.agency

    @property
    def waiting(self) -> int:
        """Return how many records are durable here and not acknowledged."""
        return self.journal.next_seq - self.journal.acked_seq

    async def live(self, stop: asyncio.Event, *, per_second: float, line_s: tuple[float, float]) -> None:
        """Write until *stop* while the line is up and down, *line_s* at a time; then deliver the rest."""
        async with asyncio.TaskGroup() as tasks:
            keeping = tasks.create_task(self._keeper.run(self._out))
            line = tasks.create_task(self._line(line_s))
            await self._write(stop, per_second)
            await self._out.close()
            await keeping
            line.cancel()
        await self._deliver()

    async def _write(self, stop: asyncio.Event, per_second: float) -> None:
        while not stop.is_set():
            pause_s = self.chance.uniform(0.5, 2.5)
            with suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), pause_s)
            count = max(1, round(per_second * pause_s))
            await self._out.send(Reading(tuple(self._record() for _ in range(count))))

    def _record(self) -> Record:
        self.written += 1
        text, format_ = f"line #{self.written}# of pc-{self.number} {'x' * 60}", "syslog"
        if self.chance.random() < MALFORMED_SHARE:
            self.malformed += 1
            raw, format_ = b'{"torn": "' + text.encode() + b"\xff\x00", "json"
        else:
            mark = "marker " if self.chance.random() < MARKED_SHARE else ""
            raw = f"<13>Nov 24 08:00:00 pc-{self.number} app[1]: {mark}{text}".encode()
        now = self.clock.now()
        return Record("app", format_, raw, self.clock.now_ms(), now.date().isoformat(), "Asia/Ho_Chi_Minh")

    async def _line(self, line_s: tuple[float, float]) -> None:
        if self.chance.random() < DOWN_FIRST_SHARE:
            await asyncio.sleep(self.chance.uniform(*line_s))
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(self.chance.uniform(*line_s)):
                    await self._connected(asyncio.Event())
            await asyncio.sleep(self.chance.uniform(*line_s))

    async def _deliver(self) -> None:
        """Ship what is left, and say that it was acknowledged."""
        done = asyncio.Event()
        async with asyncio.TaskGroup() as tasks:
            connected = tasks.create_task(self._connected(done))
            while self.waiting:  # noqa: ASYNC110 - the journal tells nobody
                await asyncio.sleep(0.1)
            done.set()
            await connected

    async def _connected(self, done: asyncio.Event) -> None:
        """Ship and beat until *done*, or until the line is cut by cancelling this."""
        clock, orders = self.clock, Orders(self._keeper.kept)
        pace = Pace(lambda _: 0, clock)
        self.online = True
        try:
            async with (
                Centre([self.gateway], self.credential.tls(), clock, pace=pace, heed=orders.heed) as centre,
                asyncio.TaskGroup() as tasks,
            ):
                pulse = self._pulse(centre)
                running = [tasks.create_task(self._shipper(centre, orders, pace).run())]
                running.append(tasks.create_task(pulse.run()))
                await done.wait()
                while (await centre.say(pulse.beat())).outcome is not Outcome.DURABLE:  # noqa: ASYNC110
                    await asyncio.sleep(0.5)
                for task in running:
                    task.cancel()
        finally:
            self.online = False

    def _shipper(self, centre: Centre, orders: Orders, pace: Pace) -> Shipper:
        keeper = self._keeper
        return Shipper(
            journal=self.journal,
            centre=centre,
            origin=self.credential.origin,
            lag=keeper.lag,
            kept=keeper.kept,
            clock=self.clock,
            log=keeper.log,
            orders=orders,
            pace=pace,
        )

    def _pulse(self, centre: Centre) -> Pulse:
        keeper = self._keeper
        return Pulse(
            journal=self.journal,
            centre=centre,
            origin=self.credential.origin,
            boot=f"boot-{self.number}",
            lag=keeper.lag,
            clock=self.clock,
            log=keeper.log,
            every=BEAT_EVERY,
            software="simulated",
        )


async def enrolled(system: System, count: int, seed: int, into: list[Site]) -> None:
    """Put *count* sites *into* a list, each enrolled at the centre of *system* with a token of its own."""
    ca_pem = (system.folder / "centre" / "pki" / "ca.pem").read_text()
    into += [await _site(system, number, ca_pem, seed) for number in range(count)]


async def _site(system: System, number: int, ca_pem: str, seed: int) -> Site:
    chance = random.Random(f"{seed}/{number}")
    gateway = f"https://127.0.0.1:{system.gateway_port}"
    asked = {"agency": agency(number), "collector": "c1"}
    token = (await asyncio.to_thread(system.say, "enrol-token", asked))["token"]
    key_pem, csr_pem = new_key()
    folder = system.folder / "sites" / agency(number)
    store_credential(folder / "credential", key_pem, await enrol([gateway], ca_pem, token, csr_pem))
    room = Room(
        *(64 << 20, 0, lambda: shutil.disk_usage(folder).free, 1 << 20),
        keep_for=timedelta(0),
        reserve_bytes=0,
    )
    clock = CorrectedClock(SkewedClock(chance.randint(-DAY_MS, DAY_MS)))
    journal = Journal(folder / "spool", room, Start(f"boot-{number}", clock.now_ms()))
    return Site(number, gateway, load_credential(folder / "credential"), journal, clock, chance)
