"""The journal equals a table of numbers, whatever order of appends, deliveries, crashes and cuts."""

import shutil
import tempfile
from pathlib import Path

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from support.spooling import a_journal, a_record, accounted, texts

from soc.spool.chunk import Limits
from soc.spool.growth import SpoolFull
from soc.spool.journal import Journal, Shed

MEMORY = Path("/dev/shm")
PLENTY = 1 << 40
IN_A_YEAR_MS = 4_000_000_000_000


class JournalMachine(RuleBasedStateMachine):
    """``numbers`` is what was promised, None for a gap; ``acked`` what was delivered."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(dir=MEMORY if MEMORY.exists() else None))
        self.free = PLENTY
        self.numbers: dict[int, str | None] = {}
        self.trimmed = 1
        """Delivered numbers below it need not be there any more."""
        self.acked = 1
        self.was_cut = False
        self.promises: list[tuple[int, dict[str, bytes]]] = [(1, {})]
        """After each append the next number and the states."""
        self.journal = self.opened()

    @property
    def next(self) -> int:
        return self.promises[-1][0]

    def opened(self) -> Journal:
        return a_journal(
            self.folder, segment_bytes=400, reserve_bytes=2000, floor_bytes=1, free_bytes=lambda: self.free
        )

    def reopen(self, *, between: bytes | None = None, cut: float = 1.0) -> None:
        self.journal.close()
        newest = max(self.folder.glob("0*.seg"), default=None)
        if newest is not None:
            data = newest.read_bytes()
            newest.write_bytes(data[: int(len(data) * cut)] + (between or b""))
        self.journal = self.opened()

    def promise(self, fresh: list[str | None], states: dict[str, bytes]) -> None:
        self.numbers.update(enumerate(fresh, self.next))
        merged = {**self.promises[-1][1], **states}
        kept = {key: state for key, state in merged.items() if state}
        self.promises.append((self.next + len(fresh), kept))

    @rule(
        lines=st.lists(st.text(alphabet="abc", max_size=40), max_size=4),
        shed=st.sampled_from([0, 0, 2]),
        key=st.sampled_from("xyz"),
        value=st.binary(max_size=3),
    )
    def append(self, lines: list[str], shed: int, key: str, value: bytes) -> None:
        gaps = [Shed("udp", shed, "buffer full", 1)] if shed else []
        try:
            first = self.journal.append([a_record(line) for line in lines], {key: value}, gaps)
        except SpoolFull:
            assert not self.free
            self.trimmed = max(self.trimmed, self.acked)
        else:
            assert first == self.next
            self.promise([*lines, *[None] * shed], {key: value})

    @rule(count=st.integers(1, 3), value=st.binary(max_size=3))
    def shed(self, count: int, value: bytes) -> None:
        try:
            first = self.journal.reserve_shed([Shed("udp", count, "the spool is full", 1)], {"x": value})
        except SpoolFull:
            assert not self.free
        else:
            assert first == self.next
            self.promise([None] * count, {"x": value})
        if not self.free:
            self.trimmed = max(self.trimmed, self.acked)

    @rule(free=st.sampled_from([0, PLENTY]))
    def the_disk_fills_or_has_room(self, free: int) -> None:
        self.free = free

    @rule(records=st.integers(1, 5), lane=st.integers(0, 1))
    def deliver(self, records: int, lane: int) -> None:
        chunk = self.journal.peek(self.acked, Limits(records=records), lane)
        promised = [self.numbers[n] for n in range(chunk.first_seq, chunk.first_seq + len(chunk.records))]
        assert texts(chunk) == promised
        assert bool(chunk) == (self.acked < self.next)
        self.journal.acknowledge(chunk.end_seq)
        self.acked = max(self.acked, chunk.end_seq)

    @precondition(lambda self: self.acked < self.next)
    @rule(data=st.data())
    def set_aside(self, data: st.DataObject) -> None:
        seq = data.draw(st.integers(self.acked, self.next - 1))
        gap = self.journal.set_aside(seq, "refused")
        assert (gap.first_seq, gap.last_seq) == (seq, seq)
        self.numbers[seq] = None

    @rule(back=st.integers(1, 20))
    def the_centre_was_restored(self, back: int) -> None:
        self.acked = max(1, self.acked - back)
        self.journal.rewind(self.acked)

    @rule()
    def a_day_passes(self) -> None:
        self.journal.trim(IN_A_YEAR_MS)
        self.trimmed = max(self.trimmed, self.acked)

    @rule()
    def a_minute_passes(self) -> None:
        self.journal.trim(0)
        if not self.free:
            self.trimmed = max(self.trimmed, self.acked)

    @rule(garbage=st.binary(max_size=60))
    def crash(self, garbage: bytes) -> None:
        """What was not promised may be left behind in any shape."""
        self.reopen(between=garbage)

    @rule()
    def crash_before_the_first_frame_of_a_segment(self) -> None:
        self.journal.close()
        (self.folder / f"{self.next:020d}.seg").touch()
        self.journal = self.opened()

    @rule(part=st.floats(0, 1))
    def the_newest_segment_is_cut(self, part: float) -> None:
        """A disk that lied about fdatasync: what is gone is declared, or never was."""
        self.reopen(cut=part)
        self.was_cut = True
        self.trimmed = max(self.trimmed, self.acked)
        self.adopt()

    def adopt(self) -> None:
        """Take over what a cut left; nothing may be there that was not promised so."""
        for seq, text in accounted(self.journal).items():
            if text is None:
                self.numbers[seq] = None
        while self.promises[-1][1] != self.journal.states():
            self.promises.pop()
        self.promises.append((self.journal.next_seq, self.journal.states()))

    @precondition(lambda self: self.acked < self.next)
    @rule()
    def crash_with_a_stale_marker(self) -> None:
        (self.folder / "acknowledged").unlink(missing_ok=True)
        self.reopen()
        assert self.journal.acked_seq <= max(self.acked, self.trimmed)
        self.acked = self.journal.acked_seq
        if self.was_cut:
            self.adopt()

    @invariant()
    def every_number_is_a_record_or_a_gap(self) -> None:
        assert (self.journal.next_seq, self.journal.acked_seq) == (self.next, self.acked)
        assert self.journal.states() == self.promises[-1][1]
        found = accounted(self.journal)
        assert list(found) == list(range(self.acked, self.next))
        for seq, text in found.items():
            assert text == self.numbers[seq] or (text is None and seq < self.trimmed)

    def teardown(self) -> None:
        self.journal.close()
        shutil.rmtree(self.folder)


TestJournal = JournalMachine.TestCase
