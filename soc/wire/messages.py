"""What collector and gateway say to each other; version in every message, identity from the certificate.

One port, ``POST`` only: ``/v1/enrol`` (JSON, no client certificate), ``/v1/batches`` and
``/v1/heartbeats`` (msgpack in zstd, client certificate). A batch's records carry the consecutive
sequence numbers ``first_seq … first_seq + len(records) - 1``, counted per collector from 1;
numbers shed by the collector are named in ``gaps`` and skipped.
"""

import msgspec

from soc.model.heartbeat import SourceState
from soc.model.identity import Origin
from soc.model.record import Record


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
    """Random per start of the collector."""
    sent_at_ms: int
    first_seq: int
    records: tuple[Record, ...]
    gaps: tuple[Gap, ...] = ()

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
    sources: tuple[SourceState, ...]
    spool_bytes: int
    software: str


class SignedRevision(msgspec.Struct, frozen=True):
    """A configuration for the collector, signed by the centre (Ed25519 over ``body``)."""

    number: int
    body: bytes
    """TOML text of the collector's settings."""
    signature: bytes


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


class EnrolAnswer(msgspec.Struct, frozen=True):
    """The credential: everything a collector needs to ship."""

    version: int
    origin: Origin
    certificate_pem: str
    ca_pem: str
    signing_key_pem: str
    """Public key that signs configuration revisions."""
