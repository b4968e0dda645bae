"""The journal equals a list with a marker, whatever order of appends, deliveries, crashes and cuts."""

import shutil
import tempfile
from pathlib import Path

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from support.spooling import a_journal, a_record, everything, texts

from soc.spool.chunk import Limits
from soc.spool.journal import Shed


class JournalMachine(RuleBasedStateMachine):
    """``texts`` is what was promised, by number; ``acked`` what was delivered."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        self.texts: dict[int, str] = {}
        self.states: dict[str, bytes] = {}
        self.next = 1
        self.acked = 1
        self.journal = a_journal(self.folder, segment_bytes=400)

    @rule(
        lines=st.lists(st.text(alphabet="abc", max_size=40), max_size=4),
        shed=st.sampled_from([0, 0, 2]),
        key=st.sampled_from("xyz"),
        value=st.binary(max_size=3),
    )
    def append(self, lines: list[str], shed: int, key: str, value: bytes) -> None:
        gaps = [Shed("udp", shed, "buffer full", 1)] if shed else []
        assert self.journal.append([a_record(line) for line in lines], {key: value}, gaps) == self.next
        self.texts.update(enumerate(lines, self.next))
        self.next += len(lines) + shed
        self.states[key] = value

    @rule(records=st.integers(1, 5))
    def deliver(self, records: int) -> None:
        chunk = self.journal.peek(self.acked, Limits(records=records))
        promised = [self.texts[n] for n in range(chunk.first_seq, chunk.first_seq + len(chunk.records))]
        assert texts(chunk) == promised
        assert bool(chunk) == (self.acked < self.next)
        self.journal.acknowledge(chunk.end_seq)
        self.acked = max(self.acked, chunk.end_seq)

    @rule(back=st.integers(1, 20))
    def the_centre_was_restored(self, back: int) -> None:
        self.acked = max(1, self.acked - back)
        self.journal.rewind(self.acked)

    @rule(garbage=st.binary(max_size=60))
    def crash(self, garbage: bytes) -> None:
        """What was not promised may be left behind in any shape."""
        self.journal.close()
        newest = max(self.folder.glob("*.seg"), default=None)
        if newest is not None:
            with newest.open("ab") as file:
                file.write(garbage)
        self.journal = a_journal(self.folder, segment_bytes=400)

    @precondition(lambda self: self.acked < self.next)
    @rule()
    def crash_with_a_stale_marker(self) -> None:
        self.journal.close()
        (self.folder / "acknowledged").unlink(missing_ok=True)
        self.journal = a_journal(self.folder, segment_bytes=400)
        assert self.journal.acked_seq <= self.acked
        self.acked = self.journal.acked_seq

    @invariant()
    def everything_promised_is_there(self) -> None:
        assert (self.journal.next_seq, self.journal.acked_seq) == (self.next, self.acked)
        assert self.journal.states() == {key: value for key, value in self.states.items() if value}
        assert everything(self.journal) == [(n, t) for n, t in sorted(self.texts.items()) if n >= self.acked]

    def teardown(self) -> None:
        self.journal.close()
        shutil.rmtree(self.folder)


TestJournal = JournalMachine.TestCase
