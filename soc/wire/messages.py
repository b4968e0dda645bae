"""What collector and gateway say to each other; version in every message, identity from the certificate.

One port, ``POST`` only: ``/v1/enrol`` (JSON, no client certificate), ``/v1/renew`` (JSON, client
certificate), ``/v1/batches`` and ``/v1/heartbeats`` (msgpack in zstd, client certificate). A batch's
records carry the consecutive sequence numbers ``first_seq … first_seq + len(records) - 1``, counted
per spool from 1; numbers shed by the collector are named in ``gaps`` and skipped. A member added later
has a default that says "not known", so that an older peer is still understood.
"""

from typing import Annotated

import msgspec
from msgspec import Meta

from soc.model.heartbeat import ConfigurationState, SourceState
from soc.model.identity import Origin
from soc.model.record import Record

MAX_RECORDS = 1000
MAX_GAPS = 2000
MAX_SOURCES = 1000
"""Lengths are looked at before anything inside is read: a bomb of a million small things costs nothing."""


class Gap(msgspec.Struct, frozen=True):
    """Records that the collector gave numbers to and then could not keep."""

    source: str
    first_seq: int
    last_seq: int
    why: str
    at_ms: int


class Batch(msgspec.Struct, frozen=True):
    """Records in order, delivered at least once."""

    version: int
    origin: Origin
    """As the collector believes; the gateway refuses a batch whose certificate says otherwise."""
    boot: str
    """Random per start of the collector: of the one that read the records."""
    sent_at_ms: int
    first_seq: int
    records: Annotated[tuple[Record, ...], Meta(max_length=MAX_RECORDS)]
    gaps: Annotated[tuple[Gap, ...], Meta(max_length=MAX_GAPS)] = ()
    spool: str = ""
    """Random id of the spool that the numbers count within; empty: an older collector, or no spool."""
    acked_seq: int = 0
    """Every number below this one was acknowledged when this was sent; 0: an older collector."""

    @property
    def last_seq(self) -> int:
        """Return the last record's number; ``first_seq - 1`` when there is none."""
        return self.first_seq + len(self.records) - 1


class Beat(msgspec.Struct, frozen=True):
    """A heartbeat as sent; see model.heartbeat for the meaning of the fields."""

    version: int
    origin: Origin
    boot: str
    sent_at_ms: int
    next_seq: int
    acked_seq: int
    sources: Annotated[tuple[SourceState, ...], Meta(max_length=MAX_SOURCES)]
    spool_bytes: int
    software: str
    spool: str = ""
    spool_limit_bytes: int = 0
    shed: int = 0
    set_aside: int = 0
    configuration: ConfigurationState | None = None
    certificate_until_ms: int = 0


class SignedRevision(msgspec.Struct, frozen=True):
    """A configuration for one collector, signed by the centre."""

    number: int
    """From 1, growing per collector; one that is not newer than the last is refused."""
    body: bytes
    """TOML text of the collector's settings."""
    signature: bytes
    """Ed25519 over ``revision.signed_bytes``: addressee, number and body."""


class Answer(msgspec.Struct, frozen=True):
    """Answer 200 to a batch or heartbeat: everything in it is durable and fed."""

    version: int
    time_ms: int
    """Centre's clock; the collector corrects its own by it."""
    resend_from: int | None = None
    """Send again from this sequence number: the centre was restored."""
    configuration: SignedRevision | None = None


class EnrolRequest(msgspec.Struct, frozen=True):
    """A one-time token and a certificate signing request."""

    version: int
    token: str
    csr_pem: str


class RenewRequest(msgspec.Struct, frozen=True):
    """A certificate signing request under the certificate that still holds; answered by ``EnrolAnswer``."""

    version: int
    csr_pem: str


class EnrolAnswer(msgspec.Struct, frozen=True):
    """The credential: everything a collector needs to ship."""

    version: int
    origin: Origin
    certificate_pem: str
    ca_pem: str
    signing_key_pem: str
    """Public key (Ed25519) that verifies configuration revisions."""
