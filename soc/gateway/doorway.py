"""A doorway: what all doors have in common, whatever their senders speak.

Who speaks is asked anew for everything that is taken; bytes become records of one source.
"""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta

from soc.gateway.desk import Desk, Door
from soc.gateway.hearing import CONNECTIONS_EACH, Hearing
from soc.gateway.limits import Shares
from soc.gateway.visit import Doubts, Visit
from soc.model.identity import Origin
from soc.model.record import Record
from soc.wire.codec import MAX_RECORD_BYTES

PATIENCE = timedelta(seconds=60)
"""How long a door waits whose senders know no "later"; rsyslog's RELP gives up after 90 s by itself."""


@dataclass(frozen=True, slots=True)
class Doorway:
    """One door's way to the desk."""

    desk: Desk
    door: Door
    source: str
    format: str
    zone: str
    _doubts: Doubts = field(default_factory=Doubts)
    _talks: Shares = field(default_factory=lambda: Shares(CONNECTIONS_EACH))

    def visit(self) -> Visit:
        """Return a new conversation."""
        return Visit(self.desk, self.door, self._doubts)

    @contextmanager
    def hearing(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> Iterator[Hearing]:
        """Hear the sender at the other end, while it has a place here.

        Raises:
            AuthError: its certificate does not let it speak.
            StoreBusy: its agency has as many connections as it may.
        """
        agency = self.origin(writer).agency
        with self._talks.place(agency), Hearing(reader, self.desk.memory.of(agency)) as hearing:
            yield hearing

    def origin(self, writer: asyncio.StreamWriter) -> Origin:
        """Return whom the certificate at the other end speaks for at this moment.

        Raises:
            AuthError: nobody, or nobody any more.
        """
        return self.desk.by_certificate(writer.get_extra_info("peercert"), address_of(writer))

    def records(self, raw: bytes, peer: str, own_id: str = "", *, split: bool = False) -> list[Record]:
        """Return the record that *raw* is; its parts, each flagged, when it is longer than a record may be.

        Without *own_id* it gets one of this moment; *split* says that it is a part already.
        """
        clock = self.desk.clock
        own_id = own_id or self.desk.fresh_id()
        read_at_ms, day = clock.now_ms(), clock.now().date().isoformat()
        starts = range(0, len(raw), MAX_RECORD_BYTES) or (0,)
        return [
            Record(
                source=self.source,
                format=self.format,
                raw=raw[start : start + MAX_RECORD_BYTES],
                read_at_ms=read_at_ms,
                day=day,
                zone=self.zone,
                own_id=f"{own_id}+{start}" if start else own_id,
                peer=peer,
                split=split or len(starts) > 1,
            )
            for start in starts
        ]


def address_of(writer: asyncio.StreamWriter) -> str:
    """Return the address at the other end."""
    return str((writer.get_extra_info("peername") or ("",))[0])
