"""Feed entries stay within their limits and lose no signal."""

import msgspec
import pytest

from soc.kernel.errors import Corrupt
from soc.model.heartbeat import Heartbeat
from soc.model.identity import Layer, Origin
from soc.model.signal import Signal
from soc.wire import feed


def a_signal(n: int, size: int = 10) -> Signal:
    return Signal(
        id=f"{n:032x}",
        rule_id="r",
        rule_version="v",
        agency="a",
        exercise=None,
        source="s",
        layer=Layer.ON_THE_SPOT,
        at_ms=n,
        event_id="e",
        event_day="2026-11-24",
        fields={"f": "x" * size},
    )


@pytest.mark.parametrize(
    ("count", "size"), [(0, 1), (2500, 10), (40, 100_000)], ids=["none", "many", "large"]
)
def test_signals_are_cut_into_entries_within_the_limits(count: int, size: int) -> None:
    signals = tuple(a_signal(n, size) for n in range(count))
    parts = feed.split(signals)
    assert tuple(signal for part in parts for signal in part) == signals
    for part in parts:
        assert len(part) <= feed.MAX_SIGNALS
        assert len(feed.encode(feed.FeedEntry(1, part))) <= feed.MAX_ENTRY_BYTES * 1.2


def test_an_entry_survives_and_damage_is_told() -> None:
    entry = feed.FeedEntry(1, (a_signal(1),))
    assert feed.decode(feed.encode(entry)) == entry
    with pytest.raises(Corrupt):
        feed.decode(b"\xff\x00")


def test_streams_of_one_gateway_sort_by_day() -> None:
    assert feed.stream_name("2026-11-24", "g", "b") < feed.stream_name("2026-11-25", "a", "a")


def test_an_entry_written_before_is_read_as_not_saying_the_rest() -> None:
    origin = Origin("a", "c1")
    entry = feed.FeedEntry(
        1,
        heartbeats=(Heartbeat(origin, "b", 1, 2, 1, 1, (), 0, "0.1"),),
        receipts=(feed.Receipt(origin, "b", 1, 1, 1, 0, 0, 0, (), 2, 1),),
    )
    plain = msgspec.to_builtins(entry)
    for member in ("spool", "acked_seq", "door", "repeats", "read_until_ms"):
        del plain["receipts"][0][member]
    for member in (
        "spool",
        "spool_limit_bytes",
        "shed",
        "set_aside",
        "configuration",
        "certificate_until_ms",
    ):
        del plain["heartbeats"][0][member]
    assert feed.decode(msgspec.msgpack.encode(plain)) == entry
