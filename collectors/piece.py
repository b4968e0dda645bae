"""A piece: records under way in one batch, with the numbers that are delivered when it is."""

from dataclasses import dataclass

from collectors.window import Span, Window
from soc.spool.chunk import Chunk
from soc.wire.messages import Gap


@dataclass(frozen=True, slots=True)
class Piece:
    """A chunk and its span in the window."""

    chunk: Chunk
    span: Span

    @property
    def is_single(self) -> bool:
        """Return whether it holds one record."""
        return len(self.chunk.records) == 1


def halves(piece: Piece, window: Window) -> tuple[Piece, Piece]:
    """Return the two halves of a piece of several records; each arrives by itself."""
    chunk = piece.chunk
    count = len(chunk.records) // 2
    middle = chunk.first_seq + count
    before, behind = _parted(chunk.gaps, middle)
    left, right = window.split(piece.span, middle)
    return (
        Piece(Chunk(chunk.first_seq, chunk.boot, chunk.records[:count], before, middle), left),
        Piece(Chunk(middle, chunk.boot, chunk.records[count:], behind, chunk.end_seq), right),
    )


def declared(piece: Piece, gap: Gap) -> Piece:
    """Return *piece* of one record with *gap* in the record's place."""
    chunk = piece.chunk
    before, behind = _parted(chunk.gaps, gap.first_seq)
    return Piece(Chunk(chunk.end_seq, chunk.boot, (), (*before, gap, *behind), chunk.end_seq), piece.span)


def _parted(gaps: tuple[Gap, ...], at: int) -> tuple[tuple[Gap, ...], tuple[Gap, ...]]:
    return tuple(gap for gap in gaps if gap.first_seq < at), tuple(gap for gap in gaps if gap.first_seq >= at)
