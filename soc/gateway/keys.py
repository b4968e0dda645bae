"""API keys for senders without a certificate: issued and revoked by fact, of the secret only its hash."""

import hashlib
import hmac
from dataclasses import dataclass, field

import msgspec

from soc.kernel.errors import AuthError
from soc.ledger.catalogue import NEWEST
from soc.ledger.fact import Fact, Payload, fact_id
from soc.model.identity import Origin


class ApiKey(msgspec.Struct, frozen=True):
    """One key."""

    origin: Origin
    hash: str
    expires_ms: int
    revoked: bool = False


@dataclass(slots=True)
class ApiKeys:
    """The folded state."""

    keys: dict[str, ApiKey] = field(default_factory=dict)

    def check(self, key_id: str, secret: str, now_ms: int) -> Origin:
        """Return whom the key speaks for; an unknown id takes as long as a wrong secret.

        Raises:
            AuthError: unknown, wrong, revoked or expired.
        """
        key = self.keys.get(key_id, _NOBODY)
        right = hmac.compare_digest(hashed(secret), key.hash)
        if not right or key is _NOBODY:
            raise AuthError("this API key is not known here")
        if key.revoked:
            raise AuthError("this API key was revoked")
        if key.expires_ms < now_ms:
            raise AuthError("this API key has expired")
        return key.origin


class ApiKeysFold:
    """Facts → API keys."""

    name = "api_keys"
    version = 1

    def initial(self) -> ApiKeys:
        """Return: none."""
        return ApiKeys()

    def apply(self, state: ApiKeys, fact: Fact) -> ApiKeys:
        """Return the state after *fact*."""
        payload = fact.payload or {}
        match fact.type:
            case "ApiKeyIssued":
                origin = Origin(payload["agency"], payload["collector"], payload["exercise"])
                state.keys[payload["key_id"]] = ApiKey(origin, payload["key_hash"], payload["expires_ms"])
            case "ApiKeyRevoked":
                key = state.keys.get(payload["key_id"], _NOBODY)
                state.keys[payload["key_id"]] = msgspec.structs.replace(key, revoked=True)
            case _:
                pass
        return state

    def dump(self, state: ApiKeys) -> bytes:
        """Return *state* as bytes."""
        return msgspec.msgpack.encode(state.keys)

    def load(self, data: bytes) -> ApiKeys:
        """Return the state in *data*."""
        return ApiKeys(msgspec.msgpack.decode(data, type=dict[str, ApiKey]))


def hashed(secret: str) -> str:
    """Return what the ledger may keep of *secret*, which is random and long: no salt is needed."""
    return hashlib.sha256(secret.encode()).hexdigest()


def issue_key(
    key_id: str, secret: str, origin: Origin, *, actor: str, now_ms: int, expires_ms: int
) -> tuple[Fact, ...]:
    """Return the fact that lets the bearer of *secret* send as *origin* until *expires_ms*."""
    payload = {
        "key_id": key_id,
        "key_hash": hashed(secret),
        "agency": origin.agency,
        "collector": origin.collector,
        "exercise": origin.exercise,
        "expires_ms": expires_ms,
    }
    return (_fact("ApiKeyIssued", origin, actor, now_ms, payload),)


def revoke_key(key_id: str, origin: Origin, *, actor: str, why: str, now_ms: int) -> tuple[Fact, ...]:
    """Return the fact that ends the key *key_id* of *origin* at once."""
    return (_fact("ApiKeyRevoked", origin, actor, now_ms, {"key_id": key_id, "why": why}),)


_NOBODY = ApiKey(Origin("", ""), hashed(""), 0)


def _fact(type_: str, origin: Origin, actor: str, now_ms: int, payload: Payload) -> Fact:
    return Fact(
        type=type_,
        version=NEWEST[type_],
        id=fact_id(type_, str(payload["key_id"])),
        at_ms=now_ms,
        actor=actor,
        agency=origin.agency,
        exercise=origin.exercise,
        collector=origin.collector,
        payload=payload,
    )
