import msgspec
import pytest
from support.tally import Tally, TallyState, comment

from soc.kernel.errors import Corrupt
from soc.ledger.entry import seal
from soc.ledger.fact import Fact
from soc.ledger.states import States


def extend(states: States, *facts: Fact) -> None:
    head, parts = seal(states.chain.link, "attempt", 0, facts)
    states.apply(states.chain.next_n, head, parts)


def test_every_fold_sees_every_fact_in_order() -> None:
    states = States([Tally("one"), Tally("two")])
    extend(states, comment("x"), comment("y"))
    extend(states, comment("z"))
    for name in ("one", "two"):
        assert states.of(Tally(name)) == TallyState({"AlertCommented": 3}, ["x", "y", "z"])


def test_two_folds_of_one_name_are_refused() -> None:
    with pytest.raises(ValueError, match="one name"):
        States([Tally(), Tally()])


def test_a_damaged_entry_moves_nothing() -> None:
    states = States([Tally()])
    head, parts = seal(states.chain.link, "attempt", 0, [comment("x")])
    with pytest.raises(Corrupt, match="does not fit its hash"):
        states.apply(0, head, [parts[0] + b" "])
    assert states.chain.next_n == 0
    assert states.of(Tally()).texts == []


def test_what_is_dumped_is_loaded() -> None:
    states = States([Tally()])
    extend(states, comment("x"))
    loaded = States.load([Tally()], states.dump("ledger"), "ledger")
    assert loaded.chain == states.chain
    assert loaded.of(Tally()) == states.of(Tally())
    assert loaded.stale == ()


def test_a_snapshot_of_another_stream_is_refused() -> None:
    with pytest.raises(Corrupt, match="of the stream other"):
        States.load([Tally()], States([Tally()]).dump("other"), "ledger")


def test_only_stale_folds_are_folded_anew() -> None:
    states = States([Tally()])
    extend(states, comment("x"))
    loaded = States.load([Tally(), Tally("new")], states.dump("ledger"), "ledger")
    assert [fold.name for fold in loaded.stale] == ["new"]
    loaded.refold([comment("x")])
    assert loaded.of(Tally("new")) == loaded.of(Tally()) == TallyState({"AlertCommented": 1}, ["x"])


def test_json_makes_tuples_lists_whether_written_or_replayed() -> None:
    states = States([Tally()])
    fact = comment("x")
    assert fact.payload is not None
    head, parts = seal(
        states.chain.link,
        "attempt",
        0,
        [msgspec.structs.replace(fact, payload={**fact.payload, "t": (1, 2)})],
    )
    (folded,) = states.apply(0, head, parts)
    assert folded.payload is not None
    assert folded.payload["t"] == [1, 2]
