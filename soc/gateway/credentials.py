"""Who may ship: one-time tokens, issued credentials and revocations, folded from the ledger.

A certificate and all that were renewed from it are one line: whoever has stolen one of them could have
renewed it, so a revocation ends the line.
"""

import hashlib
from dataclasses import dataclass, field

import msgspec

from soc.kernel.errors import AuthError
from soc.ledger.catalogue import NEWEST
from soc.ledger.fact import Fact, Payload, fact_id
from soc.model.identity import Origin

MAX_RENEWALS = 4
"""Certificates that one may be renewed to: an answer may be lost, a key made anew."""


class Token(msgspec.Struct, frozen=True):
    """A one-time enrolment token; only its hash is kept."""

    origin: Origin
    expires_ms: int
    spent_on: str = ""
    """Serial of the certificate it gave."""


@dataclass(slots=True)
class Credentials:
    """The folded state."""

    tokens: dict[str, Token] = field(default_factory=dict)
    serials: dict[str, Origin] = field(default_factory=dict)
    renewed_from: dict[str, str] = field(default_factory=dict)
    """Serial → the one before it."""
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

    def line(self, serial: str) -> list[str]:
        """Return *serial* and every other that renewals lead to or from, sorted."""
        first = self._first(serial)
        return sorted(other for other in self.serials if self._first(other) == first)

    def _first(self, serial: str) -> str:
        while serial in self.renewed_from:
            serial = self.renewed_from[serial]
        return serial


class Dumped(msgspec.Struct, frozen=True):
    """``Credentials`` as bytes."""

    tokens: dict[str, Token]
    serials: dict[str, Origin]
    renewed_from: dict[str, str]
    revoked: list[str]


class CredentialsFold:
    """Facts → credentials."""

    name = "credentials"
    version = 2

    def initial(self) -> Credentials:
        """Return: nobody."""
        return Credentials()

    def apply(self, state: Credentials, fact: Fact) -> Credentials:
        """Return the state after *fact*."""
        payload = fact.payload or {}
        match fact.type:
            case "EnrolTokenIssued":
                state.tokens[payload["token_hash"]] = Token(_origin(payload), payload["expires_ms"])
            case "CollectorEnrolled":
                state.serials[payload["serial"]] = _origin(payload)
                token = state.tokens.get(payload["token_hash"])
                if token is not None:
                    spent = msgspec.structs.replace(token, spent_on=payload["serial"])
                    state.tokens[payload["token_hash"]] = spent
            case "CredentialIssued":
                state.serials[payload["serial"]] = _origin(payload)
            case "CredentialRenewed":
                state.serials[payload["serial"]] = _origin(payload)
                state.renewed_from[payload["serial"]] = payload["old_serial"]
            case "CredentialRevoked":
                state.revoked.add(payload["serial"])
            case _:
                pass
        return state

    def dump(self, state: Credentials) -> bytes:
        """Return *state* as bytes."""
        return msgspec.msgpack.encode(
            Dumped(state.tokens, state.serials, state.renewed_from, sorted(state.revoked))
        )

    def load(self, data: bytes) -> Credentials:
        """Return the state in *data*."""
        found = msgspec.msgpack.decode(data, type=Dumped)
        return Credentials(found.tokens, found.serials, found.renewed_from, set(found.revoked))


def hashed(token: str) -> str:
    """Return what the ledger may keep of *token*."""
    return hashlib.sha256(token.encode()).hexdigest()


def issue_token(token: str, origin: Origin, *, actor: str, now_ms: int, expires_ms: int) -> tuple[Fact, ...]:
    """Return the fact that lets the bearer of *token* enrol once as *origin*."""
    payload = {"token_hash": hashed(token), "expires_ms": expires_ms, **_members(origin)}
    return (_fact("EnrolTokenIssued", origin, actor, now_ms, payload),)


def origin_for(state: Credentials, token: str, now_ms: int) -> Origin:
    """Return whom *token* enrols.

    Raises:
        AuthError: unknown or expired token.
    """
    found = state.tokens.get(hashed(token))
    if found is None or found.expires_ms < now_ms:
        raise _no_token()
    return found.origin


def enrol(state: Credentials, token: str, serial: str, key: str, *, now_ms: int) -> tuple[Fact, ...]:
    """Return the fact that spends *token* for the certificate *serial* over the public key of hash *key*.

    Nothing follows where it was spent for that very certificate, which still holds: the answer was lost.

    Raises:
        AuthError: unknown, otherwise spent or expired token.
    """
    origin = origin_for(state, token, now_ms)
    spent_on = state.tokens[hashed(token)].spent_on
    if spent_on and (spent_on != serial or serial in state.revoked):
        raise _no_token()
    if spent_on:
        return ()
    payload = {"token_hash": hashed(token), "serial": serial, "key": key, **_members(origin)}
    return (_fact("CollectorEnrolled", origin, "machine:gateway", now_ms, payload),)


def renew(
    state: Credentials, old_serial: str, serial: str, origin: Origin, *, now_ms: int
) -> tuple[Fact, ...]:
    """Return the fact that lets *serial* speak for *origin* beside *old_serial*; nothing where it does.

    Raises:
        AuthError: the old certificate does not hold, or was renewed too often.
    """
    state.check(old_serial, origin)
    if serial in state.serials:
        state.check(serial, origin)
        return ()
    if list(state.renewed_from.values()).count(old_serial) >= MAX_RENEWALS:
        raise AuthError(
            f"this certificate was renewed {MAX_RENEWALS} times; use one of those, or enrol again"
        )
    payload = {"serial": serial, "old_serial": old_serial, **_members(origin)}
    return (_fact("CredentialRenewed", origin, "machine:gateway", now_ms, payload),)


def issue_credential(
    serial: str, origin: Origin, *, actor: str, now_ms: int, until_ms: int
) -> tuple[Fact, ...]:
    """Return the fact that lets *serial*, of a foreign program, speak for *origin* until *until_ms*."""
    payload = {"serial": serial, "until_ms": until_ms, **_members(origin)}
    return (_fact("CredentialIssued", origin, actor, now_ms, payload),)


def revoke(serial: str, origin: Origin, *, actor: str, why: str, now_ms: int) -> tuple[Fact, ...]:
    """Return the fact that ends the certificate *serial* at once."""
    return (_fact("CredentialRevoked", origin, actor, now_ms, {"serial": serial, "why": why}),)


def revoke_line(state: Credentials, serial: str, *, actor: str, why: str, now_ms: int) -> tuple[Fact, ...]:
    """Return the facts that end *serial*, which was issued here, and every certificate of its line."""
    ends = (other for other in state.line(serial) if other not in state.revoked)
    return tuple(
        fact
        for other in ends
        for fact in revoke(other, state.serials[other], actor=actor, why=why, now_ms=now_ms)
    )


def _no_token() -> AuthError:
    return AuthError("this enrolment token is unknown, spent or expired; ask the centre for a new one")


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
