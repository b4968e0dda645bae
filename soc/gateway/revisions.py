"""Configuration revisions: settings that the centre has signed for a collector, folded from the ledger."""

import base64
import hashlib
import tomllib
from dataclasses import dataclass, field

import msgspec

from soc.gateway.signing import Signer
from soc.kernel.errors import ConfigError
from soc.ledger.catalogue import NEWEST
from soc.ledger.fact import Fact, fact_id
from soc.model.heartbeat import ConfigurationState
from soc.model.identity import Origin
from soc.wire.messages import SignedRevision
from soc.wire.revision import MAX_BODY_BYTES


class Issued(msgspec.Struct, frozen=True):
    """The newest revision of one collector."""

    revision: SignedRevision
    hash: str
    """SHA-256 of the body: a collector whose settings in force have another was changed by hand."""


@dataclass(slots=True)
class Revisions:
    """The folded state."""

    newest: dict[Origin, Issued] = field(default_factory=dict)

    def due(self, origin: Origin, state: ConfigurationState | None) -> SignedRevision | None:
        """Return what a collector that is in *state* has not heard of yet; None asks for nothing."""
        issued = self.newest.get(origin)
        if issued is None or state is None or state.number >= issued.revision.number:
            return None
        return issued.revision

    def drifted(self, origin: Origin, state: ConfigurationState | None) -> bool:
        """Return whether a collector that is in *state* runs other settings than it was sent last."""
        issued = self.newest.get(origin)
        return issued is not None and state is not None and state.hash != issued.hash


class RevisionsFold:
    """Facts → revisions."""

    name = "revisions"
    version = 1

    def initial(self) -> Revisions:
        """Return: none."""
        return Revisions()

    def apply(self, state: Revisions, fact: Fact) -> Revisions:
        """Return the state after *fact*."""
        payload = fact.payload
        if fact.type == "ConfigurationIssued" and payload:
            origin = Origin(payload["agency"], payload["collector"], payload["exercise"])
            signature = base64.b64decode(payload["signature"])
            revision = SignedRevision(payload["number"], payload["body"].encode(), signature)
            state.newest[origin] = Issued(revision, payload["hash"])
        return state

    def dump(self, state: Revisions) -> bytes:
        """Return *state* as bytes."""
        return msgspec.msgpack.encode(list(state.newest.items()))

    def load(self, data: bytes) -> Revisions:
        """Return the state in *data*."""
        return Revisions(dict(msgspec.msgpack.decode(data, type=list[tuple[Origin, Issued]])))


def revise(
    state: Revisions, origin: Origin, body: str, signer: Signer, *, actor: str, now_ms: int
) -> tuple[Fact, ...]:
    """Return the fact that sends *origin* the settings *body*; nothing where it was sent them last.

    Raises:
        ConfigError: *body* is no TOML, or too large. What it means is for the collector to judge.
    """
    encoded = body.encode()
    if len(encoded) > MAX_BODY_BYTES:
        raise ConfigError(f"settings of {len(encoded)} bytes; accepted: {MAX_BODY_BYTES}")
    try:
        tomllib.loads(body)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"settings: {error}") from error
    before = state.newest.get(origin)
    if before is not None and before.revision.body == encoded:
        return ()
    number = 1 if before is None else before.revision.number + 1
    signed = signer.sign(origin, number, encoded)
    payload = {
        "agency": origin.agency,
        "collector": origin.collector,
        "exercise": origin.exercise,
        "number": number,
        "body": body,
        "signature": base64.b64encode(signed.signature).decode(),
        "hash": hashlib.sha256(encoded).hexdigest(),
    }
    fact = Fact(
        type="ConfigurationIssued",
        version=NEWEST["ConfigurationIssued"],
        id=fact_id("ConfigurationIssued", repr(origin), str(number)),
        at_ms=now_ms,
        actor=actor,
        agency=origin.agency,
        exercise=origin.exercise,
        collector=origin.collector,
        payload=payload,
    )
    return (fact,)
