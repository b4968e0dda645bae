"""A token enrols once, before it expires; a revoked certificate is refused at the next request."""

import pytest

from soc.gateway.credentials import Credentials, CredentialsFold, enrol, issue_token, origin_for, revoke
from soc.kernel.errors import AuthError
from soc.ledger.fact import Fact
from soc.model.identity import Origin

ORIGIN = Origin("so-y-te", "c1", None)
FOLD = CredentialsFold()


def folded(*facts: Fact) -> Credentials:
    state = FOLD.initial()
    for fact in facts:
        state = FOLD.apply(state, fact)
    return state


def a_token(*, expires_ms: int = 100) -> tuple[Fact, ...]:
    return issue_token("secret", ORIGIN, actor="user:an", now_ms=0, expires_ms=expires_ms)


def test_the_token_itself_is_never_a_fact() -> None:
    assert "secret" not in repr(a_token())


def test_a_token_enrols_exactly_once() -> None:
    state = folded(*a_token())
    assert origin_for(state, "secret") == ORIGIN
    state = folded(*a_token(), *enrol(state, "secret", "AB", "k", now_ms=1))
    state.check("AB", ORIGIN)
    with pytest.raises(AuthError, match="spent"):
        enrol(state, "secret", "CD", "k", now_ms=2)


@pytest.mark.parametrize(("token", "now_ms"), [("secret", 101), ("other", 1)], ids=["expired", "unknown"])
def test_a_bad_token_is_refused(token: str, now_ms: int) -> None:
    with pytest.raises(AuthError):
        enrol(folded(*a_token()), token, "AB", "k", now_ms=now_ms)


def test_a_revoked_certificate_is_refused() -> None:
    enrolled = enrol(folded(*a_token()), "secret", "AB", "k", now_ms=1)
    state = folded(*a_token(), *enrolled, *revoke("AB", ORIGIN, actor="user:an", why="lost", now_ms=2))
    with pytest.raises(AuthError, match="revoked"):
        state.check("AB", ORIGIN)


@pytest.mark.parametrize(
    ("serial", "origin"), [("XX", ORIGIN), ("AB", Origin("other", "c1"))], ids=["serial", "identity"]
)
def test_an_unknown_credential_is_refused(serial: str, origin: Origin) -> None:
    state = folded(*a_token(), *enrol(folded(*a_token()), "secret", "AB", "k", now_ms=1))
    with pytest.raises(AuthError, match="not known"):
        state.check(serial, origin)


def test_the_state_survives_a_snapshot() -> None:
    state = folded(*a_token(), *enrol(folded(*a_token()), "secret", "AB", "k", now_ms=1))
    assert FOLD.load(FOLD.dump(state)) == state
