"""Tally: the smallest fold that shows order, payloads and erasure; and facts for it."""

from typing import Any

import msgspec

from soc.ledger.fact import Fact, fact_id


class TallyState(msgspec.Struct):
    """How often each type was seen, and every text in order (None: erased)."""

    counts: dict[str, int]
    texts: list[str | None]


class Tally:
    """Counts facts by type."""

    def __init__(self, name: str = "tally", version: int = 1) -> None:
        self.name = name
        self.version = version

    def initial(self) -> TallyState:
        return TallyState({}, [])

    def apply(self, state: TallyState, fact: Fact) -> TallyState:
        state.counts[fact.type] = state.counts.get(fact.type, 0) + 1
        if fact.type == "AlertCommented":
            state.texts.append(None if fact.payload is None else fact.payload["text"])
        return state

    def dump(self, state: TallyState) -> bytes:
        return msgspec.msgpack.encode(state)

    def load(self, data: bytes) -> TallyState:
        return msgspec.msgpack.decode(data, type=TallyState)


def comment(text: str, *, alert: str = "a1", **more: Any) -> Fact:
    """Return the fact that an analyst wrote *text*."""
    fact = Fact(
        type="AlertCommented",
        version=1,
        id=fact_id("AlertCommented", alert, text),
        at_ms=1_767_225_600_000,
        actor="user:lan",
        agency="so-yte",
        exercise=None,
        collector=None,
        payload={"alert_id": alert, "comment_id": text, "text": text},
    )
    return msgspec.structs.replace(fact, **more)
