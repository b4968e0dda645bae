"""Accounts under any order of sending, losing, crashing and restarting: no false gap, and none hidden."""

from dataclasses import dataclass, field
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st
from support.accounts import balanced

from soc.health.fleet import Fleet, Row
from soc.model.heartbeat import Heartbeat
from soc.model.identity import Origin
from soc.wire.feed import Receipt
from soc.wire.messages import Gap

ORIGIN = Origin("so-y-te", "c1")
HOUR_MS = 3_600_000


@dataclass
class Spool:
    """One spool: what each number is, and how far the collector knows it delivered."""

    name: str
    boots: dict[int, str] = field(default_factory=dict)
    """Number → start that read it; a number that was shed has none."""
    next_seq: int = 1
    acked: int = 1
    delivered: set[int] = field(default_factory=set)
    """Acknowledged out of order; forgotten at a crash."""


@dataclass
class World:
    """A collector, a store, a feed, and a centre that restarts."""

    random: Random
    named: bool
    feed: list[Receipt | Heartbeat] = field(default_factory=list)
    stored: set[tuple[str, int]] = field(default_factory=set)
    written: int = 0
    now_ms: int = 1_000 * HOUR_MS
    fleet: Fleet = field(default_factory=Fleet)
    read: int = 0
    saved: tuple[int, bytes] = (0, b"")
    starts: int = 1
    spool: Spool = field(default_factory=lambda: Spool("s1"))

    def write(self) -> None:
        for _ in range(self.random.randint(1, 20)):
            self.spool.boots[self.spool.next_seq] = f"b{self.starts}"
            self.spool.next_seq += 1
            self.written += 1

    def shed(self) -> None:
        count = self.random.randint(1, 5)
        self.spool.next_seq += count
        self.written += count

    def send(self) -> None:
        """Send some chunk of the window; its answer may be lost, or the centre die before it is fed."""
        waiting = [n for n in range(self.spool.acked, self.spool.next_seq) if n not in self.spool.delivered]
        if not waiting:
            return
        first = self.random.choice(waiting[:40])
        boot = self.spool.boots.get(first)
        last = first
        limit = first + self.random.randint(0, 15)
        while last < limit and last + 1 < self.spool.next_seq and self.spool.boots.get(last + 1) == boot:
            last += 1
        fate = self.random.choice(["good", "good", "good", "answer lost", "not fed"])
        records = range(first, last + 1) if boot else range(0)
        fresh = {(self.spool.name, n) for n in records} - self.stored
        self.stored |= fresh
        if fate == "not fed":
            return
        self.feed.append(self.receipt(first, last, boot, len(fresh)))
        if fate == "good":
            self.spool.delivered |= set(range(first, last + 1))
            while self.spool.acked in self.spool.delivered:
                self.spool.acked += 1

    def receipt(self, first: int, last: int, boot: str | None, fresh: int) -> Receipt:
        gaps = () if boot else (Gap("auth", first, last, "the spool is full", 0),)
        return Receipt(
            origin=ORIGIN,
            boot=boot or f"b{self.starts}",
            first_seq=first if boot else last + 1,
            last_seq=last,
            stored=fresh,
            reread=0,
            known=last - first + 1 - fresh if boot else 0,
            quarantined=0,
            gaps=gaps,
            received_at_ms=self.now_ms,
            clock_offset_ms=0,
            spool=self.spool.name if self.named else "",
            acked_seq=self.spool.acked if self.named else 0,
        )

    def beat(self) -> None:
        name = self.spool.name if self.named else ""
        boot = f"b{self.starts}"
        acked, next_seq = self.spool.acked, self.spool.next_seq
        self.feed.append(
            Heartbeat(ORIGIN, boot, self.now_ms, self.now_ms, next_seq, acked, (), 0, "0.1", name)
        )

    def crash(self) -> None:
        """The collector starts again: only the acknowledged prefix is remembered, and that may be stale."""
        self.starts += 1
        self.spool.delivered.clear()
        self.spool.acked = max(1, self.spool.acked - self.random.randint(0, 10))

    def wait(self) -> None:
        self.now_ms += self.random.randint(1, 40) * HOUR_MS

    def look(self) -> Row | None:
        for message in self.feed[self.read :]:
            if isinstance(message, Receipt):
                self.fleet.receipt(message)
            else:
                self.fleet.heartbeat(message)
        self.read = len(self.feed)
        rows = self.fleet.rows(self.now_ms, days=92)
        return rows[0] if rows else None

    def save(self) -> None:
        self.look()
        self.saved = self.read, self.fleet.dump()

    def restart(self) -> None:
        """The centre starts again from its snapshot; what stood in the feed before it is gone."""
        self.read, data = self.saved
        self.fleet = Fleet(whole=not data)
        if data:
            self.fleet.load(data)

    def drain(self) -> None:
        while self.spool.acked < self.spool.next_seq:
            self.send()
        self.beat()


STEPS = ("write", "write", "send", "send", "send", "send", "shed", "beat", "crash", "wait", "save", "restart")


@settings(max_examples=200, deadline=None)
@given(st.randoms(use_true_random=False), st.booleans(), st.integers(5, 80))
def test_whatever_happens_there_is_never_a_false_gap_and_all_balances_in_the_end(
    random: Random,
    named: bool,
    steps: int,
) -> None:
    world = World(random, named)
    for _ in range(steps):
        getattr(world, random.choice(STEPS))()
        row = world.look()
        assert row is None or row.unexplained_gap == 0
    world.drain()
    row = world.look()
    assert row is not None
    balanced(row, world.written)
    assert row.received == len(world.stored)
    assert [notice.kind for notice in world.fleet.notices() if notice.kind == "clone"] == []


@settings(max_examples=100, deadline=None)
@given(st.randoms(use_true_random=False))
def test_a_machine_set_up_anew_balances_with_what_it_had_delivered(random: Random) -> None:
    world = World(random, named=True)
    for _ in range(3):
        for _ in range(30):
            getattr(world, random.choice(STEPS))()
        world.drain()
        world.spool, world.starts = Spool(f"s{world.starts + 1}"), world.starts + 1
    row = world.look()
    assert row is not None
    balanced(row, world.written)


@settings(max_examples=100, deadline=None)
@given(st.randoms(use_true_random=False))
def test_what_the_centre_lost_after_acknowledging_it_is_missed_to_the_last_number(random: Random) -> None:
    world = World(random, named=True)
    for _ in range(40):
        getattr(world, random.choice(("write", "send", "beat", "shed", "wait")))()
    world.drain()
    last = max((n for n, message in enumerate(world.feed) if isinstance(message, Receipt)), default=None)
    lost = random.randrange(len(world.feed)) if last is None else random.randint(0, last)
    gone = world.feed.pop(lost)
    kept = {n for message in world.feed if isinstance(message, Receipt) for n in numbers_of(message)}
    row = world.look()
    missing = set(numbers_of(gone)) - kept if isinstance(gone, Receipt) else set()
    if row is not None:
        assert row.unexplained_gap == len(missing)
        assert sum(day.unexplained_gap for day in row.days) == len(missing)


def numbers_of(receipt: Receipt) -> list[int]:
    declared = [n for gap in receipt.gaps for n in range(gap.first_seq, gap.last_seq + 1)]
    return [*range(receipt.first_seq, receipt.last_seq + 1), *declared]
