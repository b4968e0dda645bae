"""A doorway: what every door does with what it framed, whatever its senders speak.

Bytes become records of one source; the desk takes them portion by portion, while there is room. A door that
cannot refuse (its senders know no "later") waits here a while before it gives up.
"""

import asyncio
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta

from soc.gateway.desk import MAX_TAKE_BYTES, Desk, Door
from soc.kernel.errors import StoreBusy
from soc.model.identity import Origin
from soc.model.record import Record
from soc.wire.codec import MAX_RECORD_BYTES, MAX_RECORDS

PATIENCE = timedelta(seconds=60)
"""How long a door waits whose senders know no "later"; rsyslog's RELP gives up after 90 s by itself."""

CHUNK_BYTES = 64 << 10
UNFINISHED_S = 60


@dataclass(frozen=True, slots=True)
class Doorway:
    """One door's way to the desk."""

    desk: Desk
    door: Door
    source: str
    format: str
    zone: str

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
        read_at_ms, day = clock.now_ms(), clock.now().strftime("%Y-%m-%d")
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

    async def take(
        self, origin: Origin, records: Sequence[Record], *, patience: timedelta = timedelta(0)
    ) -> None:
        """Have *records* stored and fed; after an error the same ones may be given again.

        *patience* says for how long a busy centre is asked again.

        Raises:
            StoreError: not all were taken.
        """
        clock = self.desk.clock
        until = clock.monotonic() + patience.total_seconds()
        waiting = deque(portions(records))
        while waiting:
            try:
                await self._take(origin, waiting)
            except StoreBusy as busy:
                if clock.monotonic() + busy.wait.total_seconds() > until:
                    raise
                await clock.sleep(busy.wait)

    async def _take(self, origin: Origin, waiting: deque[Sequence[Record]]) -> None:
        size = sum(len(record.raw) for portion in waiting for record in portion)
        async with self.desk.admit(origin, bytes_=size):
            while waiting:
                await self.desk.take(origin, self.door, waiting[0])
                waiting.popleft()


def address_of(writer: asyncio.StreamWriter) -> str:
    """Return the address at the other end."""
    return str((writer.get_extra_info("peername") or ("",))[0])


async def received(reader: asyncio.StreamReader, *, unfinished: bool) -> bytes:
    """Return what comes next, nothing at the end; a sender that has begun must go on soon.

    Raises:
        EOFError: it ends, *unfinished*.
        OSError: the connection is lost, or stands still.
    """
    async with asyncio.timeout(UNFINISHED_S if unfinished else None):
        data = await reader.read(CHUNK_BYTES)
    if unfinished and not data:
        raise EOFError("the sender ended in the middle of a frame")
    return data


def portions(records: Sequence[Record]) -> Iterator[Sequence[Record]]:
    """Cut *records* into parts that the desk takes at once."""
    start, size = 0, 0
    for end, record in enumerate(records):
        if end - start == MAX_RECORDS or size + len(record.raw) > MAX_TAKE_BYTES:
            yield records[start:end]
            start, size = end, 0
        size += len(record.raw)
    if records[start:]:
        yield records[start:]
