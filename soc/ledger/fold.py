"""Folds: every state is what a pure function makes of the facts, in order.

A ``Fold`` belongs to the package that owns the state (alerts, response, …). ``Ledger`` state is the
chain's own: position, link, leaders' terms and the ids already decided.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol, TypeVar

import msgspec

from soc.kernel.errors import Corrupt, DeposedError
from soc.ledger.entry import GENESIS, Head, link
from soc.ledger.fact import Fact

S = TypeVar("S")


class Fold(Protocol[S]):
    """How one state grows from facts; the state may be changed in place by ``apply`` only."""

    name: str
    version: int
    """Raised when ``dump`` changes shape: an older snapshot is then replayed, not read."""

    def initial(self) -> S:
        """Return the state before the first fact."""
        ...

    def apply(self, state: S, fact: Fact) -> S:
        """Return the state after *fact*; unknown types are left alone."""
        ...

    def dump(self, state: S) -> bytes:
        """Return *state* as bytes."""
        ...

    def load(self, data: bytes) -> S:
        """Return the state in *data*."""
        ...


@dataclass(slots=True)
class ChainState:
    """Where the ledger stands."""

    next_n: int = 0
    link: str = GENESIS
    terms: dict[str, int] = field(default_factory=dict)
    """Role → newest term."""
    decided: set[bytes] = field(default_factory=set)
    """Ids (16 bytes) of all facts."""

    def knows(self, fact_id: str) -> bool:
        """Return whether a fact of this id stands in the ledger."""
        return bytes.fromhex(fact_id) in self.decided


def follow(state: ChainState, n: int, raw_head: bytes, head: Head) -> None:
    """Move *state* past entry *n*.

    Raises:
        Corrupt: the entry is not the next one, or does not continue the chain.
    """
    if n != state.next_n:
        raise Corrupt(f"ledger entry {n} found where {state.next_n} was expected")
    if head.previous != state.link:
        raise Corrupt(f"ledger entry {n} does not continue the chain: {head.previous} ≠ {state.link}")
    state.next_n = n + 1
    state.link = link(raw_head)
    for header in head.headers:
        state.decided.add(bytes.fromhex(header.id))
        if header.type == LEADER_ELECTED and header.role is not None and header.term is not None:
            state.terms[header.role] = max(header.term, state.terms.get(header.role, 0))


def admit(state: ChainState, facts: tuple[Fact, ...]) -> tuple[Fact, ...]:
    """Return those of *facts* that are new.

    Raises:
        DeposedError: a fact carries a term older than its role's newest.
    """
    for fact in facts:
        newest = state.terms.get(fact.role or "", 0)
        if fact.term is not None and fact.term < newest:
            raise DeposedError(f"{fact.role} of term {fact.term}; term {newest} has begun")
    fresh: dict[str, Fact] = {}
    for fact in facts:
        if not state.knows(fact.id):
            fresh.setdefault(fact.id, fact)
    return tuple(fresh.values())


class ChainSnapshot(msgspec.Struct, frozen=True, array_like=True):
    """``ChainState`` as bytes."""

    next_n: int
    link: str
    terms: dict[str, int]
    decided: bytes


def dump_chain(state: ChainState) -> bytes:
    """Return *state* as bytes."""
    decided = b"".join(sorted(state.decided))
    return msgspec.msgpack.encode(ChainSnapshot(state.next_n, state.link, state.terms, decided))


def load_chain(data: bytes) -> ChainState:
    """Return the state in *data*."""
    found = msgspec.msgpack.decode(data, type=ChainSnapshot)
    ids = found.decided
    decided = {ids[i : i + 16] for i in range(0, len(ids), 16)}
    return ChainState(found.next_n, found.link, dict(found.terms), decided)


Decider = Callable[[], tuple[Fact, ...]]
"""Looks at the folded state and returns the facts that follow from it; called again on conflict."""
LEADER_ELECTED = "LeaderElected"
REDACTED = "Redacted"
__all__ = [
    "LEADER_ELECTED",
    "REDACTED",
    "ChainState",
    "Decider",
    "Fold",
    "admit",
    "dump_chain",
    "follow",
    "load_chain",
]
