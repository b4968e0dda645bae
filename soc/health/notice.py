"""Notices: what the accounts find worth an event of ``product: soc``, each said once."""

from dataclasses import dataclass, field

import msgspec

from soc.model.event import Fields
from soc.model.identity import Origin

MAX_SAID = 256
MAX_WAITING = 64


class Notice(msgspec.Struct, frozen=True):
    """Something to be said."""

    kind: str
    """``clone``, ``renumbered``, ``quarantine`` or ``shed``."""
    origin: Origin
    about: str
    """Same thing, same text."""
    fields: Fields


@dataclass(slots=True)
class Noticeboard:
    """What one collector's account has to say; bounded, for a collector may be anybody's by now."""

    origin: Origin
    waiting: list[Notice] = field(default_factory=list)
    said: dict[str, None] = field(default_factory=dict)
    """What was told before, oldest first."""

    def tell(self, kind: str, about: str, fields: Fields) -> None:
        """Say *kind* about *about*, unless that was said."""
        name = f"{kind}/{about}"
        if name in self.said or len(self.waiting) >= MAX_WAITING:
            return
        self.said[name] = None
        if len(self.said) > MAX_SAID:
            del self.said[next(iter(self.said))]
        who = f"{self.origin.agency}/{self.origin.collector}/{self.origin.exercise or 'live'}"
        self.waiting.append(Notice(kind, self.origin, f"{who}/{about}", fields))
