"""Orders: what the centre's answers ask of a collector, kept until somebody carries it out."""

import asyncio
from dataclasses import dataclass, field

from soc.wire.messages import Answer, SignedRevision


@dataclass(slots=True)
class Orders:
    """The newest wish of each kind; a repeated one is one."""

    wake: asyncio.Event = field(default_factory=asyncio.Event)
    """Set by a wish to send again: whoever ships may be waiting for records."""
    answered: asyncio.Event = field(default_factory=asyncio.Event)
    """Set by every answer 200: with these settings the centre can be reached."""
    revision: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when a revision was offered."""
    _resend_from: int | None = None
    _offered: SignedRevision | None = None

    def heed(self, answer: Answer) -> None:
        """Take in an answer 200."""
        self.answered.set()
        if answer.resend_from is not None:
            known = self._resend_from
            self._resend_from = answer.resend_from if known is None else min(known, answer.resend_from)
            self.wake.set()
        if answer.configuration is not None:
            self._offered = answer.configuration
            self.revision.set()

    def resend_from(self) -> int | None:
        """Return the number to send from again, once."""
        wanted, self._resend_from = self._resend_from, None
        return wanted

    def offered(self) -> SignedRevision | None:
        """Return the revision that was offered last, once."""
        revision, self._offered = self._offered, None
        self.revision.clear()
        return revision
