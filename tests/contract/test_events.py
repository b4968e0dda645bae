"""Ports ``EventWriter``, ``EventReader``, ``Retention``: one suite for every store, and its crashes."""

import shutil
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from support.stored import DAY, EVENTS, START_MS, stored

from soc.kernel.errors import QueryError, StoreError
from soc.model.event import Event, Mark
from soc.model.identity import RetentionClass, Scope, province
from soc.ports.events import Query, Written
from soc.stores.embedded import EmbeddedEventStore
from soc.stores.memory_events import MemoryEventStore

Store = EmbeddedEventStore | MemoryEventStore
LIVE = province(None)
ALL = Query()
NEXT_DAY = "2026-01-02"


@pytest.fixture(params=["memory", "embedded"])
async def store(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Store]:
    if request.param == "memory":
        yield MemoryEventStore()
        return
    opened = EmbeddedEventStore.open(tmp_path / "events")
    yield opened
    await opened.close()


async def put(store: Store, *events: Event) -> Written:
    written = await store.write(events)
    await store.refresh()
    return written


async def found(store: Store, text: str = "", scope: Scope = LIVE) -> list[str]:
    """Return the raw texts of everything that *text* finds, newest first."""
    page = await store.search(scope, Query(text), limit=1000)
    assert page.total == len(page.events)
    return [event.original for event in page.events]


async def test_what_is_written_is_found_as_it_was(store: Store) -> None:
    event = stored("a", "Failed password", fields={"user": "lan", "n": {"x": [1, 2.5, None, True]}})
    assert await put(store, event) == Written(stored=1, reread=0, known=0)
    assert (await store.search(LIVE, ALL, limit=10)).events == (event,)
    assert await store.get(LIVE, event.key) == event
    assert [each async for each in store.stream(LIVE, ALL)] == [event]


async def test_the_same_key_is_stored_once(store: Store) -> None:
    assert await put(store, stored("a"), stored("b"), stored("a")) == Written(stored=2, reread=0, known=1)
    assert await put(store, stored("a"), stored("c")) == Written(stored=1, reread=0, known=1)
    assert len(await found(store)) == 3


async def test_the_same_event_on_another_day_is_stored_once_more_and_marked(store: Store) -> None:
    await put(store, stored("a"))
    again = stored("a", day=NEXT_DAY)
    assert await put(store, again) == Written(stored=0, reread=1, known=0)
    assert await put(store, again) == Written(stored=0, reread=0, known=1)
    event = await store.get(LIVE, again.key)
    assert event is not None
    assert event.marks == {Mark.REREAD}
    assert len(await found(store, "soc.mark:reread")) == 1


async def test_what_can_be_read_by_now_takes_the_place_of_what_could_not(store: Store) -> None:
    unread = stored("a", "raw", retention=RetentionClass.QUARANTINE, reason="no JSON")
    other = stored("b", "raw b", retention=RetentionClass.QUARANTINE, after_ms=1)
    await put(store, unread, other)
    assert await found(store) == ["raw b", "raw"]
    read = stored("a", "read", fields={"user": "lan"}, after_ms=2)
    assert await put(store, read) == Written(stored=1, reread=0, known=0)
    assert await found(store) == ["read", "raw b"]
    assert await store.get(LIVE, read.key) == read
    assert await store.histogram(LIVE, ALL, step_ms=1000) == {START_MS: 2}
    assert [event async for event in store.stream(LIVE, ALL)] == [other, read]
    assert await put(store, read, unread) == Written(stored=0, reread=0, known=2)
    assert await found(store) == ["read", "raw b"]


async def test_what_could_not_be_read_gives_way_within_one_batch_too(store: Store) -> None:
    unread, read = stored("a", "raw", retention=RetentionClass.QUARANTINE), stored("a", "read")
    assert await put(store, unread, read, unread) == Written(stored=2, reread=0, known=1)
    assert await found(store) == ["read"]


async def test_another_run_and_day_keep_what_could_not_be_read(store: Store) -> None:
    quarantine = RetentionClass.QUARANTINE
    await put(
        store,
        stored("a", "run", retention=quarantine, exercise="drill"),
        stored("a", "day", retention=quarantine, day=NEXT_DAY),
    )
    await put(store, stored("a", "read"))
    assert await found(store) == ["day", "read"]
    assert await found(store, scope=province("drill")) == ["run"]


async def test_an_exercise_never_hides_a_live_event(store: Store) -> None:
    await put(store, stored("a", "drill", exercise="drill/../1"))
    assert await put(store, stored("a", "live")) == Written(stored=1, reread=0, known=0)
    assert await found(store) == ["live"]
    assert await found(store, scope=province("drill/../1")) == ["drill"]
    assert await found(store, scope=province("drill")) == []


async def test_nothing_outside_the_scope_comes_back_by_any_way(store: Store) -> None:
    mine = stored("mine", "mine", fields={"user": "lan"})
    others = [
        stored("agency", "x", agency="so-tc", fields={"user": "lan"}),
        stored("exercise", "x", exercise="drill", fields={"user": "lan"}),
        stored("class", "x", retention=RetentionClass.QUARANTINE, fields={"user": "lan"}),
    ]
    await put(store, mine, *others)
    scope = Scope(frozenset({"so-yte"}), None, frozenset({RetentionClass.STANDARD}))
    for text in ("", "user:lan", "NOT user:minh", "soc.agency:so-tc OR user:lan"):
        assert await found(store, text, scope) == ["mine"]
    for other in others:
        assert await store.get(scope, other.key) is None
    assert await store.histogram(scope, ALL, step_ms=1000) == {START_MS: 1}
    assert await store.top(scope, ALL, field="user", limit=10) == [("lan", 1)]
    assert [event async for event in store.stream(scope, ALL)] == [mine]
    nobody = Scope(frozenset(), None, frozenset(RetentionClass))
    assert await found(store, "", nobody) == []
    assert await store.hold(nobody, ALL, "order 1") == 0


async def test_an_event_cannot_speak_for_the_store(store: Store) -> None:
    await put(
        store,
        stored("a", "liar", agency="so-tc", fields={"soc.agency": "so-yte", "soc": {"agency": "so-yte"}}),
    )
    assert await found(store, "soc.agency:so-yte") == []
    assert await found(store, "", Scope(frozenset({"so-yte"}), None, frozenset(RetentionClass))) == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("password", "21"),
        ("failed password", "1"),
        ('"password failed"', ""),
        ('"password for root"', "1"),
        ("dang nhap", "3"),
        ("ĐẶNG", "3"),
        ("203.0.113.7", "1"),
        ("user:lan", "2"),
        ("user:ĐẶNG*", "3"),
        ('user:"đặng văn"', "3"),
        ("user:dang*", ""),
        ("User:lan", ""),
        ("port:22", "1"),
        ("ok:TRUE", "2"),
        ("r:5", "4"),
        ("n.x:b", "3"),
        ('empty:""', "4"),
        ("_exists_:empty", "4"),
        ("_exists_:user", "321"),
        ("NOT _exists_:user", "54"),
        (r"Image:*\CMD.exe", "4"),
        (r'Image:"c:\windows\system32\cmd.exe"', "4"),
        ("Image:c*.ex?", "4"),
        ("Image:?.exe", ""),
        ("text:one?two", "5"),
        ("text:o*o", "5"),
        (r"k:a\:b\*c", "5"),
        (r"k:a\:b\*", ""),
        ("user:(root OR lan)", "21"),
        ("user:root OR user:lan AND accepted", "21"),
        ("password AND NOT user:root", "2"),
        ("(user:root OR user:lan) AND failed", "1"),
        ("-password", "543"),
        ("NOT NOT failed", "1"),
        ("soc.product:linux AND soc.layer:1 AND proc", "4"),
        ("*", "54321"),
        ("", "54321"),
    ],
)
async def test_a_query_finds_what_it_says(store: Store, text: str, expected: str) -> None:
    await put(store, *EVENTS)
    assert await found(store, text) == [EVENTS[int(name) - 1].original for name in expected]


@pytest.mark.parametrize(
    "text", ["(", "a:[1 TO 5]", "foo*", "a or b", "a && b", "a:b:c", "---", "/x/", "a b OR c"]
)
async def test_what_cannot_be_understood_is_refused(store: Store, text: str) -> None:
    with pytest.raises(QueryError):
        await store.search(LIVE, Query(text), limit=10)


async def test_a_time_range_takes_its_beginning_and_not_its_end(store: Store) -> None:
    await put(store, *EVENTS)
    query = Query(from_ms=START_MS + 2, to_ms=START_MS + 4)
    assert [event.at_ms - START_MS async for event in store.stream(LIVE, query)] == [2, 3]
    assert [event async for event in store.stream(LIVE, Query(from_ms=1 << 80))] == []
    assert (await store.search(LIVE, Query(to_ms=-(1 << 80)), limit=1)).total == 0


async def test_pages_show_everything_once_in_order_across_days_and_ties(store: Store) -> None:
    events = [
        stored(str(i), str(i), after_ms=i // 7, day=DAY if i % 3 else NEXT_DAY, agency=f"a{i % 2}")
        for i in range(60)
    ]
    await put(store, *events)
    expected = [event.original for event in sorted(events, key=lambda event: (event.at_ms, event.id))]
    assert [event.original async for event in store.stream(LIVE, ALL)] == expected
    for limit in (1, 4, 7, 59, 60, 61):
        shown: list[str] = []
        cursor = None
        while True:
            page = await store.search(LIVE, ALL, limit=limit, cursor=cursor)
            assert page.total == 60
            shown += [event.original for event in page.events]
            cursor = page.cursor
            if cursor is None:
                break
        assert shown == expected[::-1]


async def test_a_page_ending_between_a_reread_and_its_first_loses_neither(store: Store) -> None:
    days = [f"2026-01-0{day}" for day in range(1, 5)]
    await put(store, *(stored("a", day, day=day) for day in days))
    await store.hold(LIVE, Query("soc.id:*"), "order 1")
    shown = []
    cursor = None
    while True:
        page = await store.search(LIVE, ALL, limit=1, cursor=cursor)
        shown += [(event.day, event.retention.value) for event in page.events]
        cursor = page.cursor
        if cursor is None:
            break
    assert shown == [(day, kind) for day in reversed(days) for kind in ("standard", "hold")]


@pytest.mark.parametrize("cursor", ["", "x", "1:", "1:xyz"])
async def test_a_made_up_cursor_is_refused(store: Store, cursor: str) -> None:
    with pytest.raises(QueryError, match="cursor"):
        await store.search(LIVE, ALL, limit=1, cursor=cursor)


@pytest.mark.parametrize("limit", [0, -1, 10_001])
async def test_a_page_has_bounds(store: Store, limit: int) -> None:
    with pytest.raises(QueryError):
        await store.search(LIVE, ALL, limit=limit)


async def test_a_histogram_counts_by_step(store: Store) -> None:
    await put(
        store, *(stored(str(i), after_ms=i * 400) for i in range(5)), stored("old", after_ms=-START_MS - 1)
    )
    assert await store.histogram(LIVE, ALL, step_ms=1000) == {-1000: 1, START_MS: 3, START_MS + 1000: 2}
    with pytest.raises(QueryError):
        await store.histogram(LIVE, ALL, step_ms=0)


async def test_top_values_are_counted_and_folded(store: Store) -> None:
    names = ["lan", "LAN", "minh", "an", "minh", "lan"]
    await put(store, *(stored(str(i), fields={"user": name, "users": "x"}) for i, name in enumerate(names)))
    assert await store.top(LIVE, ALL, field="user", limit=2) == [("lan", 3), ("minh", 2)]
    assert await store.top(LIVE, Query("NOT user:lan"), field="user", limit=9) == [("minh", 2), ("an", 1)]
    assert await store.top(LIVE, ALL, field="nothing", limit=9) == []


async def test_retention_removes_whole_days_of_a_class_and_keeps_holds(store: Store) -> None:
    quarantined = stored("q", "q", retention=RetentionClass.QUARANTINE)
    await put(store, stored("old", "old"), quarantined, stored("new", "new", day=NEXT_DAY))
    assert await store.hold(LIVE, Query("old"), "order 7") == 1
    assert await store.hold(LIVE, Query("old"), "order 7") == 0
    keep = {RetentionClass.STANDARD: 31, RetentionClass.QUARANTINE: 31, RetentionClass.HOLD: 1}
    assert await store.apply(keep, "2026-01-31") == 0
    assert await store.apply(keep, "2026-02-01") == 2
    assert sorted(await found(store)) == ["new", "old"]
    held = await store.get(LIVE, stored("old").key)
    assert held is not None
    assert held.retention is RetentionClass.HOLD
    health = await store.health()
    assert (health.events, health.oldest_day) == (2, DAY)


async def test_odd_events_are_kept(store: Store) -> None:
    deep: dict[str, object] = {"x": 1}
    for _ in range(60):
        deep = {"d": deep}
    odd = stored(
        "odd",
        "word " * 5000 + "x" * 100_000,
        fields={"long": "y" * 70_000, "": "e", "a\x1fb": "c", "deep": deep},
    )
    await put(store, odd, stored("none", ""))
    assert await store.get(LIVE, odd.key) == odd
    assert len(await found(store, "long:" + "y" * 2000)) == 1
    assert len(await found(store, "word")) == 1


async def test_an_unusable_key_finds_nothing(store: Store) -> None:
    await put(store, stored("a"))
    for key in ("", "x", "../../etc/passwd", f"{DAY}/{'z' * 32}", f"{NEXT_DAY}/{stored('a').id}"):
        assert await store.get(LIVE, key) is None


@pytest.fixture
async def embedded(tmp_path: Path) -> AsyncIterator[EmbeddedEventStore]:
    opened = EmbeddedEventStore.open(tmp_path / "events")
    yield opened
    await opened.close()


async def reopened(folder: Path) -> tuple[list[str], Written]:
    """Open *folder*; return what it shows, and what writing the same events again does."""
    store = EmbeddedEventStore.open(folder)
    shown = await found(store)
    again = await store.write(EVENTS)
    await store.close()
    return shown, again


NEWEST_FIRST = [event.original for event in reversed(EVENTS)]


WRITER = """
import asyncio, signal, sys
from pathlib import Path
from support.stored import EVENTS
from soc.stores.embedded import EmbeddedEventStore

async def main(folder):
    store = EmbeddedEventStore.open(folder)
    await store.write(EVENTS[:2])
    await store.refresh()
    await store.write(EVENTS[2:])
    print("acknowledged", flush=True)
    signal.pause()

asyncio.run(main(Path(sys.argv[1])))
"""


def write_and_be_killed(folder: Path) -> None:
    """Write the events in a process of its own, which is killed once they are acknowledged."""
    environment = {"PYTHONPATH": str(Path(__file__).parents[1])}
    command = [sys.executable, "-c", WRITER, str(folder)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as writer:
        assert writer.stdout is not None
        assert writer.stdout.readline() == "acknowledged\n"
        writer.kill()


def lose(folder: Path, *patterns: str) -> None:
    for path in (path for pattern in patterns for path in folder.glob(pattern)):
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink()


@pytest.mark.parametrize("lost", [(), ("keys.db*",), ("*/index",), ("keys.db*", "*/index")])
async def test_a_killed_store_opens_with_everything_acknowledged(
    tmp_path: Path, lost: tuple[str, ...]
) -> None:
    folder = tmp_path / "events"
    write_and_be_killed(folder)
    lose(folder, *lost)
    assert await reopened(folder) == (NEWEST_FIRST, Written(stored=0, reread=0, known=5))


@pytest.mark.parametrize("lost", [(), ("keys.db*",), ("*/index",), ("keys.db*", "*/index")])
async def test_what_was_read_again_stays_so_whatever_is_made_anew(
    tmp_path: Path, lost: tuple[str, ...]
) -> None:
    folder = tmp_path / "events"
    store = EmbeddedEventStore.open(folder)
    unread = [stored(name, name, retention=RetentionClass.QUARANTINE) for name in "abc"]
    await store.write(unread)
    await store.write([stored("b", "b, read"), stored("c", "c, read", after_ms=1)])
    await store.close()
    lose(folder, *lost)
    again = EmbeddedEventStore.open(folder)
    assert sorted(await found(again)) == ["a", "b, read", "c, read"]
    assert (await again.health()).events == 3
    await again.close()


@pytest.mark.parametrize("victim", ["keys.db", f"{DAY}.standard.live/index/meta.json"])
async def test_damaged_keys_or_index_are_made_again(tmp_path: Path, victim: str) -> None:
    store = EmbeddedEventStore.open(tmp_path / "events")
    await store.write(EVENTS)
    await store.close()
    (tmp_path / "events" / victim).write_bytes(b"garbage" * 1000)
    assert await reopened(tmp_path / "events") == (NEWEST_FIRST, Written(stored=0, reread=0, known=5))


async def test_a_torn_frame_was_never_acknowledged_and_is_written_again(tmp_path: Path) -> None:
    store = EmbeddedEventStore.open(tmp_path / "events")
    await store.write(EVENTS[:3])
    segment = tmp_path / "events" / f"{DAY}.standard.live" / "00000001.seg"
    whole = segment.stat().st_size
    await store.write(EVENTS[3:])
    await store.close()
    lose(tmp_path / "events", "keys.db*", "*/index")
    segment.write_bytes(segment.read_bytes()[: whole + 40])
    shown, again = await reopened(tmp_path / "events")
    assert shown == NEWEST_FIRST[2:]
    assert again == Written(stored=2, reread=0, known=3)
    assert (await reopened(tmp_path / "events"))[0] == NEWEST_FIRST


async def test_many_shards_are_written_with_few_writers(embedded: EmbeddedEventStore) -> None:
    events = [stored(str(i), str(i), day=f"2026-01-{i + 1:02d}", after_ms=i) for i in range(12)]
    for event in events:
        await embedded.write([event])
    await embedded.write([stored("again", "again", day="2026-01-01", after_ms=99)])
    await embedded.refresh()
    assert await found(embedded) == ["again", *(str(i) for i in reversed(range(12)))]


@pytest.mark.parametrize("day", ["", "../x", "2026-1-1", "2026-02-30", "20260101"])
async def test_a_day_that_is_none_is_refused_before_anything_is_written(
    embedded: EmbeddedEventStore, day: str
) -> None:
    with pytest.raises(StoreError):
        await embedded.write([stored("a"), stored("b", day=day)])
    await embedded.refresh()
    assert await found(embedded) == []
