"""The window: which sequence numbers are delivered and which are under way, in whatever order answers come.

acked            delivered          under way      free
  │ ▒▒▒▒▒ under way │ █████████ │ ▒▒▒▒▒▒▒▒▒▒ │ ………………
  └── everything below was delivered: the only number that the journal is told
"""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """Consecutive numbers ``begin … end - 1``."""

    begin: int
    end: int
    age: int = 0
    """How often the window had been rewound."""


@dataclass(slots=True)
class Window:
    """Counts spans that were sent and spans that arrived; remembers no more than lies above ``acked``."""

    acked: int
    """Every number below was delivered."""
    _delivered: list[Span] = field(default_factory=list[Span])
    """Above ``acked``: ordered, apart from each other."""
    _flying: list[Span] = field(default_factory=list[Span])
    _age: int = 0

    def flies(self, span: Span | None) -> bool:
        """Return whether *span* is under way."""
        return span in self._flying

    def free(self, seq: int) -> Span:
        """Return the first numbers from *seq* on that are neither delivered nor under way.

        The span ends before the next one that is; without such a one it is as long as numbers go.
        """
        seq, end = max(seq, self.acked), NEVER
        for span in sorted([*self._delivered, *self._flying]):
            if span.end <= seq:
                continue
            if span.begin > seq:
                end = span.begin
                break
            seq = span.end
        return Span(seq, end, self._age)

    def sent(self, span: Span) -> None:
        """Count *span* as under way."""
        self._flying.append(span)

    def split(self, span: Span, at: int) -> tuple[Span, Span]:
        """Let the two parts of *span*, below *at* and from it on, arrive apart; return them."""
        parts = Span(span.begin, at, span.age), Span(at, span.end, span.age)
        if span in self._flying:
            self._flying.remove(span)
            self._flying += parts
        return parts

    def done(self, span: Span) -> None:
        """Count *span* as delivered, unless it was sent before the last ``rewound``."""
        if span not in self._flying:
            return
        self._flying.remove(span)
        merged = [Span(self.acked, self.acked)]
        for known in sorted([*self._delivered, span]):
            if known.begin <= merged[-1].end:
                merged[-1] = Span(merged[-1].begin, max(merged[-1].end, known.end))
            else:
                merged.append(known)
        self.acked, self._delivered = merged[0].end, merged[1:]

    def rewound(self, seq: int) -> None:
        """Deliver everything from *seq* on again; what is under way proves nothing any more."""
        self.acked = min(seq, self.acked)
        self._delivered, self._flying = [], []
        self._age += 1


NEVER = 1 << 62
"""Beyond every number."""
