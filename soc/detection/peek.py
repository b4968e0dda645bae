"""A peek: decides a few rules by decoding nothing of a flat JSON record but the fields that they ask for."""

from collections.abc import Callable, Sequence
from typing import Annotated, Any

import msgspec

from soc.detection.judges import Judges
from soc.detection.lane import Lane
from soc.detection.program import Lowered

MAX_FIELDS = 24
MAX_ATOMS = 2000
PATIENCE = 16
"""Records in a row that may lack a field before the peek is given up."""
_Value = str | Annotated[int, msgspec.Meta(ge=-(2**63), le=2**63 - 1)]
"""Parsers keep larger numbers as texts."""


class Peek:
    """The fields of some rules, and the rules."""

    def __init__(self, names: Sequence[str], lane: Lane) -> None:
        """Read *names* for *lane*."""
        places = [f"f{n}" for n in range(len(names))]
        record = msgspec.defstruct(
            "Record", [(place, _Value) for place in places], rename=dict(zip(places, names, strict=True))
        )
        self._decode: Callable[[bytes], Any] = msgspec.json.Decoder(record).decode
        self._lane = lane
        self._failed = 0

    @classmethod
    def of(cls, rules: Sequence[Lowered], judges: Judges) -> "Peek | None":
        """Return the peek for *rules*; None if they need more than a few top-level fields."""
        if sum(len(rule.atoms) for rule in rules) > MAX_ATOMS:
            return None
        owners = {judges.atoms.owners[atom] for rule in rules for atom in rule.atoms}
        names = [name for name in owners if name is not None and _is_plain(name)]
        if len(names) < len(owners) or not 1 <= len(names) <= MAX_FIELDS:
            return None
        lane = Lane(rules, judges)
        return cls(lane.names, lane)

    def matches(self, raw: bytes) -> bool | None:
        """Return whether any of the rules matches; None if a field is missing or no text or integer."""
        if self._failed > PATIENCE:
            return None
        try:
            record = self._decode(raw)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            self._failed += 1
            return None
        self._failed = 0
        return bool(self._lane.match_values(msgspec.structs.astuple(record)))


def _is_plain(name: str) -> bool:
    """Return whether a field of this *name* stands under it in the record: parsers take blanks out."""
    return not any(char in name for char in '. "\\')
