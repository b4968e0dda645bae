"""Every fold's state and the chain, moved together entry by entry; saved and loaded as one snapshot."""

from collections.abc import Iterable, Sequence
from typing import Any, TypeVar, cast

from soc.kernel.errors import Corrupt
from soc.ledger import snapshot
from soc.ledger.catalogue import NEWEST, UPCASTERS
from soc.ledger.entry import Head, open_entry
from soc.ledger.fact import Fact, upcast
from soc.ledger.fold import ChainState, Fold, dump_chain, follow, load_chain
from soc.ledger.snapshot import FoldState, Snapshot

S = TypeVar("S")


class States:
    """What the facts up to one entry amount to."""

    def __init__(self, folds: Sequence[Fold[Any]]) -> None:
        """Begin before the first fact; the names of *folds* differ."""
        self.chain = ChainState()
        self.stale: tuple[Fold[Any], ...] = ()
        """Folds that a snapshot did not hold: they stand before the first fact still."""
        self._folds = tuple(folds)
        self._states = {fold.name: fold.initial() for fold in folds}
        if len(self._states) != len(self._folds):
            raise ValueError(f"two folds of one name among {[fold.name for fold in folds]}")

    def of(self, fold: Fold[S]) -> S:
        """Return *fold*'s state."""
        return cast("S", self._states[fold.name])

    def apply(self, n: int, raw_head: bytes, parts: Sequence[bytes | None]) -> tuple[Fact, ...]:
        """Move every state past entry *n*; return its facts at their newest versions.

        Raises:
            Corrupt: the entry is damaged, of the future, or not the next of this chain.
        """
        head, facts = opened(raw_head, parts)
        follow(self.chain, n, raw_head, head)
        self._fold(self._folds, facts)
        return facts

    def refold(self, facts: Iterable[Fact]) -> None:
        """Move only the stale folds past *facts*."""
        self._fold(self.stale, facts)

    def dump(self, stream: str) -> bytes:
        """Return the snapshot of these states of *stream*."""
        folds = {
            fold.name: FoldState(fold.version, fold.dump(self._states[fold.name])) for fold in self._folds
        }
        return snapshot.encode(Snapshot(snapshot.VERSION, stream, dump_chain(self.chain), folds))

    @classmethod
    def load(cls, folds: Sequence[Fold[Any]], data: bytes, stream: str) -> "States":
        """Return the states in *data*; folds that it lacks, or has in another version, are stale.

        Raises:
            Corrupt: damaged, or a snapshot of another stream.
        """
        found = snapshot.decode(data)
        if found.stream != stream:
            raise Corrupt(f"snapshot of the stream {found.stream}, not {stream}")
        states = cls(folds)
        states.chain = load_chain(found.chain)
        stale = []
        for fold in folds:
            kept = found.folds.get(fold.name)
            if kept is not None and kept.version == fold.version:
                states._states[fold.name] = fold.load(kept.state)
            else:
                stale.append(fold)
        states.stale = tuple(stale)
        return states

    def _fold(self, folds: Iterable[Fold[Any]], facts: Iterable[Fact]) -> None:
        for fold in folds:
            state = self._states[fold.name]
            for fact in facts:
                state = fold.apply(state, fact)
            self._states[fold.name] = state


def opened(raw_head: bytes, parts: Sequence[bytes | None]) -> tuple[Head, tuple[Fact, ...]]:
    """Return an entry's head and its facts at their newest versions.

    Raises:
        Corrupt: the entry is damaged or of the future.
    """
    head, facts = open_entry(raw_head, parts)
    return head, tuple(upcast(fact, UPCASTERS, NEWEST) for fact in facts)
