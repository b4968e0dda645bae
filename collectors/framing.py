"""Framing of streams, where sources look for it."""

from soc.wire.framing import Framer, Piece

__all__ = ["Framer", "Piece"]
