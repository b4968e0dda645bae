"""Every version of every fact ever released still folds to what it folded to."""

import json
from pathlib import Path

import msgspec
import pytest
from support.tally import Tally, comment

from soc.kernel.errors import Corrupt
from soc.ledger.catalogue import NEWEST, UPCASTERS
from soc.ledger.fact import Payload, upcast
from soc.ledger.states import States, opened

FOLDER = Path(__file__).parent


class Golden(msgspec.Struct, frozen=True):
    """One recorded entry."""

    type: str
    version: int
    head: str
    parts: tuple[str, ...]

    @property
    def entry(self) -> tuple[bytes, list[bytes]]:
        return bytes.fromhex(self.head), [part.encode() for part in self.parts]


def recorded() -> list[Golden]:
    lines = [line for file in sorted(FOLDER.glob("*.jsonl")) for line in file.read_text().splitlines()]
    return [msgspec.json.decode(line, type=Golden) for line in lines]


def test_every_released_version_has_a_line() -> None:
    assert {(line.type, line.version) for line in recorded()} == {
        (type_, version) for type_, newest in NEWEST.items() for version in range(1, newest + 1)
    }


def test_a_line_holds_what_it_says() -> None:
    for line in recorded():
        _, facts = opened(*line.entry)
        assert [fact.type for fact in facts] == [line.type]
        assert facts[0].version == NEWEST[line.type]


def test_the_recorded_facts_fold_to_the_recorded_state() -> None:
    states = States([Tally()])
    for n, line in enumerate(recorded()):
        states.apply(n, *line.entry)
    tally = states.of(Tally())
    assert json.loads((FOLDER / "state.json").read_text()) == {
        "next_n": states.chain.next_n,
        "link": states.chain.link,
        "terms": states.chain.terms,
        "counts": tally.counts,
        "texts": tally.texts,
    }


def test_every_older_version_has_a_way_up() -> None:
    ways = {(type_, version) for type_, newest in NEWEST.items() for version in range(1, newest)}
    assert set(UPCASTERS) == ways


def name_author(payload: Payload) -> Payload:
    return {**payload, "author": "unknown"}


def rename_text(payload: Payload) -> Payload:
    payload["body"] = payload.pop("text")
    return payload


WAYS = {("AlertCommented", 1): name_author, ("AlertCommented", 2): rename_text}


def test_a_fact_goes_up_step_by_step_and_the_old_one_stays_as_it_was() -> None:
    old = comment("x")
    new = upcast(old, WAYS, {"AlertCommented": 3})
    assert new.version == 3
    assert new.payload == {"alert_id": "a1", "comment_id": "x", "author": "unknown", "body": "x"}
    assert old == comment("x")


def test_a_fact_of_a_middle_version_takes_only_the_steps_it_lacks() -> None:
    new = upcast(comment("x", version=2), WAYS, {"AlertCommented": 3})
    assert new.payload == {"alert_id": "a1", "comment_id": "x", "body": "x"}


def test_an_erased_payload_stays_erased_on_the_way_up() -> None:
    assert upcast(comment("x", payload=None), WAYS, {"AlertCommented": 3}).payload is None


def test_a_missing_step_and_a_fact_of_the_future_are_corrupt() -> None:
    with pytest.raises(Corrupt, match="no way from version 2"):
        upcast(comment("x"), {("AlertCommented", 1): name_author}, {"AlertCommented": 3})
    with pytest.raises(Corrupt, match="knows up to 1"):
        upcast(comment("x", version=2), {}, {"AlertCommented": 1})
