"""Who may ship: one-time tokens, issued credentials and revocations, folded from the ledger."""

import hashlib
from dataclasses import dataclass, field

import msgspec

from soc.kernel.errors import AuthError
from soc.ledger.catalogue import NEWEST
from soc.ledger.fact import Fact, Payload, fact_id
from soc.model.identity import Origin


class Token(msgspec.Struct, frozen=True):
    """A one-time enrolment token; only its hash is kept."""

    origin: Origin
    expires_ms: int
    spent: bool


@dataclass(slots=True)
class Credentials:
    """The folded state."""

    tokens: dict[str, Token] = field(default_factory=dict)
    serials: dict[str, Origin] = field(default_factory=dict)
    revoked: set[str] = field(default_factory=set)

    def check(self, serial: str, origin: Origin) -> None:
        """Let a request pass.

        Raises:
            AuthError: unknown or revoked serial, or another identity.
        """
        if serial in self.revoked:
            raise AuthError("this certificate was revoked")
        if self.serials.get(serial) != origin:
            raise AuthError("this certificate is not known here")


class Dumped(msgspec.Struct, frozen=True):
    """``Credentials`` as bytes."""

    tokens: dict[str, Token]
    serials: dict[str, Origin]
    revoked: list[str]


class CredentialsFold:
    """Facts → credentials."""

    name = "credentials"
    version = 1

    def initial(self) -> Credentials:
        """Return: nobody."""
        return Credentials()

    def apply(self, state: Credentials, fact: Fact) -> Credentials:
        """Return the state after *fact*."""
        payload = fact.payload or {}
        match fact.type:
            case "EnrolTokenIssued":
                state.tokens[payload["token_hash"]] = Token(
                    _origin(payload), payload["expires_ms"], spent=False
                )
            case "CollectorEnrolled":
                state.serials[payload["serial"]] = _origin(payload)
                token = state.tokens.get(payload["token_hash"])
                if token is not None:
                    state.tokens[payload["token_hash"]] = msgspec.structs.replace(token, spent=True)
            case "CredentialRevoked":
                state.revoked.add(payload["serial"])
            case _:
                pass
        return state

    def dump(self, state: Credentials) -> bytes:
        """Return *state* as bytes."""
        return msgspec.msgpack.encode(Dumped(state.tokens, state.serials, sorted(state.revoked)))

    def load(self, data: bytes) -> Credentials:
        """Return the state in *data*."""
        found = msgspec.msgpack.decode(data, type=Dumped)
        return Credentials(found.tokens, found.serials, set(found.revoked))


def hashed(token: str) -> str:
    """Return what the ledger may keep of *token*."""
    return hashlib.sha256(token.encode()).hexdigest()


def issue_token(token: str, origin: Origin, *, actor: str, now_ms: int, expires_ms: int) -> tuple[Fact, ...]:
    """Return the fact that lets the bearer of *token* enrol once as *origin*."""
    payload = {"token_hash": hashed(token), "expires_ms": expires_ms, **_members(origin)}
    return (_fact("EnrolTokenIssued", origin, actor, now_ms, payload),)


def enrol(state: Credentials, token: str, serial: str, key: str, *, now_ms: int) -> tuple[Fact, ...]:
    """Return the fact that spends *token* for the certificate *serial* over the public key of hash *key*.

    Raises:
        AuthError: unknown, spent or expired token.
    """
    found = state.tokens.get(hashed(token))
    if found is None or found.spent or found.expires_ms < now_ms:
        raise AuthError("this enrolment token is unknown, spent or expired; ask the centre for a new one")
    payload = {"token_hash": hashed(token), "serial": serial, "key": key, **_members(found.origin)}
    return (_fact("CollectorEnrolled", found.origin, "machine:gateway", now_ms, payload),)


def revoke(serial: str, origin: Origin, *, actor: str, why: str, now_ms: int) -> tuple[Fact, ...]:
    """Return the fact that ends the certificate *serial* at once."""
    return (_fact("CredentialRevoked", origin, actor, now_ms, {"serial": serial, "why": why}),)


def origin_for(state: Credentials, token: str) -> Origin | None:
    """Return whom *token* would enrol, if it is known at all."""
    found = state.tokens.get(hashed(token))
    return None if found is None else found.origin


def _members(origin: Origin) -> Payload:
    return {"agency": origin.agency, "collector": origin.collector, "exercise": origin.exercise}


def _origin(payload: Payload) -> Origin:
    return Origin(str(payload["agency"]), str(payload["collector"]), payload["exercise"])


def _fact(type_: str, origin: Origin, actor: str, now_ms: int, payload: Payload) -> Fact:
    about = str(payload["serial"] if "serial" in payload else payload["token_hash"])
    return Fact(
        type=type_,
        version=NEWEST[type_],
        id=fact_id(type_, about),
        at_ms=now_ms,
        actor=actor,
        agency=origin.agency,
        exercise=origin.exercise,
        collector=origin.collector,
        payload=payload,
    )
