"""What could not be read is read again: matched, stored once, with the id and day it had."""

import io
from pathlib import Path

import msgspec
from support.centre import Receiving, receiving
from support.delivered import COLLECTOR, a_batch, a_record

from soc.kernel.logs import open_log
from soc.model.event import Event, Mark
from soc.model.identity import RetentionClass, Scope, province
from soc.pipeline.feeds import FeedReader
from soc.pipeline.replay import Replay, Replayed, Wanted
from soc.ports.events import Query

FAILED = b"Nov 24 08:00:00 h sshd[1]: Failed password for root from 203.0.113.66 port 5 ssh2"
UNREAD = Scope(None, None, frozenset({RetentionClass.QUARANTINE}))


async def with_quarantine(folder: Path) -> Receiving:
    """Return a centre with a record that no parser reads, and one that a parser reads since it was mended."""
    centre = await receiving(folder)
    batch = a_batch(1, [a_record(1, raw=b"?", format_="json"), a_record(2, raw=FAILED, format_="auth_v2")])
    await centre.intake.accept(batch, COLLECTOR)
    page = await centre.events.search(UNREAD, Query(), limit=10)
    assert len(page.events) == 2
    await centre.events.apply({RetentionClass.QUARANTINE: 0}, "2026-11-25")
    await centre.events.write([mended(event) for event in page.events])
    return centre


def mended(event: Event) -> Event:
    """Return *event* as if its record's format had been known by a parser that failed."""
    assert event.record is not None
    known = "syslog" if event.record.format == "auth_v2" else event.record.format
    return msgspec.structs.replace(event, record=msgspec.structs.replace(event.record, format=known))


def replay(centre: Receiving) -> Replay:
    return Replay(centre.events, centre.intake, centre.recorder, centre.clock, open_log(io.StringIO()))


async def test_what_a_mended_parser_reads_is_matched_and_leaves_the_quarantine(tmp_path: Path) -> None:
    centre = await with_quarantine(tmp_path)
    before = {
        event.original: event for event in (await centre.events.search(UNREAD, Query(), limit=9)).events
    }
    assert await replay(centre).run(Wanted(), "user:an") == Replayed(replayed=1, still=1)
    (still,) = (await centre.events.search(UNREAD, Query(), limit=9)).events
    assert still.original == "?"
    old = before[FAILED.decode()]
    event = await centre.events.get(province(None), old.key)
    assert event is not None
    assert (event.id, event.day, event.retention) == (old.id, old.day, RetentionClass.STANDARD)
    assert (event.record, Mark.QUARANTINED in event.marks) == (None, False)
    signals = [signal async for entry in FeedReader(centre.feeds).fresh() for signal in entry.signals]
    assert [signal.event_id for signal in signals] == [event.id]


async def test_replaying_twice_is_replaying_once(tmp_path: Path) -> None:
    centre = await with_quarantine(tmp_path)
    await replay(centre).run(Wanted(), "user:an")
    assert await replay(centre).run(Wanted(), "user:an") == Replayed(replayed=0, still=1)
    assert (await centre.events.search(province(None), Query(), limit=9)).total == 2


async def test_accounts_count_what_is_replayed_once(tmp_path: Path) -> None:
    centre = await with_quarantine(tmp_path)
    await replay(centre).run(Wanted(), "user:an")
    receipts = [receipt async for entry in FeedReader(centre.feeds).fresh() for receipt in entry.receipts]
    assert len(receipts) == 1


async def test_only_what_is_wanted_is_read_and_a_fact_says_who_asked(tmp_path: Path) -> None:
    centre = await with_quarantine(tmp_path)
    for wanted in (
        Wanted(agency="khac"),
        Wanted(exercise="drill"),
        Wanted(to_day="2026-11-23"),
        Wanted(from_day="2026-11-25"),
    ):
        assert await replay(centre).run(wanted, "user:an") == Replayed(replayed=0, still=0)
    await replay(centre).run(Wanted(agency="so-y-te"), "user:binh")
    facts = [fact async for _, fact in centre.recorder.facts_from(0)]
    assert [(fact.type, fact.actor) for fact in facts[-1:]] == [("QuarantineReplayed", "user:binh")]
    assert facts[-1].payload == {"from_day": "0000-00-00", "to_day": "9999-99-99", "replayed": 1, "still": 1}
