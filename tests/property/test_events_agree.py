"""The embedded store and the slow obvious one give the same answers to the same questions."""

import asyncio
import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st
from support.stored import stored

from soc.model.event import Event
from soc.model.identity import RetentionClass, Scope
from soc.ports.events import Query
from soc.stores.embedded import EmbeddedEventStore
from soc.stores.memory_events import MemoryEventStore

WORDS = st.sampled_from(
    ["lan", "Đặng", "dang", "a b", "c:\\x", "ß", "SS", "ſ", "İ", "😀", "", "1", "x\ny", "*"]
)
VALUES = st.recursive(
    WORDS | st.integers(-3, 3) | st.booleans() | st.none() | st.sampled_from([1.0, 2.5]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("fg"), inner, max_size=2),
    max_leaves=4,
)
EVENTS = st.builds(
    stored,
    st.sampled_from("abcdefgh"),
    st.lists(WORDS, max_size=5).map(" ".join),
    fields=st.dictionaries(st.sampled_from(["f", "g", "f.g"]), VALUES, max_size=3),
    agency=st.sampled_from(["so-yte", "so-tc"]),
    exercise=st.sampled_from([None, "drill"]),
    day=st.sampled_from(["2026-01-01", "2026-01-02"]),
    after_ms=st.integers(0, 3),
    retention=st.sampled_from([RetentionClass.STANDARD, RetentionClass.QUARANTINE]),
)
LEAVES = st.sampled_from(
    [
        "lan",
        "dang",
        "ĐẶNG",
        '"lan dang"',
        "f:lan",
        "f:*",
        "g:?",
        "f:*a*",
        'f:"a b"',
        "f.g:1",
        "f.f:*",
        "g:true",
        "f:ß",
        "f:ss",
        "f:s",
        "f:i",
        "g:-1",
        r"f:c\:\x",
        r"f:*\*",
        "g:x?y",
        "_exists_:g",
        "soc.agency:so-tc",
        '"ß"',
    ]
)
QUERIES = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from(["AND", "OR"]), inner).map(lambda parts: f"({' '.join(parts)})"),
        inner.map(lambda part: f"(NOT {part})"),
    ),
    max_leaves=5,
)
SCOPES = st.builds(
    Scope,
    st.sampled_from([None, frozenset({"so-yte"}), frozenset({"so-yte", "so-tc"})]),
    st.sampled_from([None, "drill"]),
    st.sampled_from([frozenset(RetentionClass), frozenset({RetentionClass.STANDARD})]),
)


@settings(max_examples=40)
@given(st.lists(EVENTS, max_size=12), st.lists(st.tuples(SCOPES, QUERIES), min_size=1, max_size=12))
def test_both_stores_agree(events: list[Event], questions: list[tuple[Scope, str]]) -> None:
    asyncio.run(compare(events, questions))


async def compare(events: list[Event], questions: list[tuple[Scope, str]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        fast, slow = EmbeddedEventStore.open(Path(folder)), MemoryEventStore()
        half = len(events) // 2
        for batch in (events[:half], events[half:]):
            assert await fast.write(batch) == await slow.write(batch)
            await fast.refresh()
        for scope, text in questions:
            query = Query(text)
            assert await fast.search(scope, query, limit=5) == await slow.search(scope, query, limit=5), text
            assert await fast.histogram(scope, query, step_ms=2) == await slow.histogram(
                scope, query, step_ms=2
            )
            assert await fast.top(scope, query, field="f", limit=5) == await slow.top(
                scope, query, field="f", limit=5
            )
            assert [event async for event in fast.stream(scope, query)] == [
                event async for event in slow.stream(scope, query)
            ]
        await fast.close()
