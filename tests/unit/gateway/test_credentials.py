"""A token enrols once, before it expires; a revoked certificate is refused at the next request."""

import pytest

from soc.gateway.credentials import (
    MAX_RENEWALS,
    Credentials,
    CredentialsFold,
    enrol,
    issue_credential,
    issue_token,
    origin_for,
    renew,
    revoke,
    revoke_line,
)
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
    assert origin_for(state, "secret", 1) == ORIGIN
    state = folded(*a_token(), *enrol(state, "secret", "AB", "k", now_ms=1))
    state.check("AB", ORIGIN)
    with pytest.raises(AuthError, match="spent"):
        enrol(state, "secret", "CD", "k", now_ms=2)


@pytest.mark.parametrize(("token", "now_ms"), [("secret", 101), ("other", 1)], ids=["expired", "unknown"])
def test_a_bad_token_is_refused(token: str, now_ms: int) -> None:
    with pytest.raises(AuthError):
        enrol(folded(*a_token()), token, "AB", "k", now_ms=now_ms)


def test_the_same_certificate_is_given_again_while_the_token_lives_and_it_holds() -> None:
    facts = (*a_token(), *enrol(folded(*a_token()), "secret", "AB", "k", now_ms=1))
    assert enrol(folded(*facts), "secret", "AB", "k", now_ms=100) == ()
    with pytest.raises(AuthError, match="expired"):
        enrol(folded(*facts), "secret", "AB", "k", now_ms=101)
    with pytest.raises(AuthError, match="spent"):
        enrol(
            folded(*facts, *revoke("AB", ORIGIN, actor="a", why="w", now_ms=2)), "secret", "AB", "k", now_ms=3
        )


def renewed(*steps: tuple[str, str]) -> Credentials:
    facts = (*a_token(), *enrol(folded(*a_token()), "secret", "AB", "k", now_ms=1))
    for old, new in steps:
        facts = (*facts, *renew(folded(*facts), old, new, ORIGIN, now_ms=2))
    return folded(*facts)


def test_a_renewed_certificate_holds_beside_the_old_one() -> None:
    state = renewed(("AB", "CD"))
    state.check("AB", ORIGIN)
    state.check("CD", ORIGIN)
    assert renew(state, "AB", "CD", ORIGIN, now_ms=3) == ()


def test_only_what_holds_can_be_renewed() -> None:
    with pytest.raises(AuthError, match="not known"):
        renew(renewed(), "XX", "CD", ORIGIN, now_ms=3)
    with pytest.raises(AuthError, match="not known"):
        renew(renewed(), "AB", "CD", Origin("other", "c1"), now_ms=3)


def test_a_certificate_is_renewed_a_few_times_at_most() -> None:
    state = renewed(*(("AB", str(n)) for n in range(MAX_RENEWALS)))
    with pytest.raises(AuthError, match="enrol again"):
        renew(state, "AB", "CD", ORIGIN, now_ms=3)


def test_a_revocation_ends_the_whole_line_and_nothing_else() -> None:
    state = renewed(("AB", "CD"), ("CD", "EF"), ("AB", "AA"))
    state.serials["XX"] = ORIGIN
    for fact in revoke_line(state, "CD", actor="user:an", why="stolen", now_ms=3):
        FOLD.apply(state, fact)
    assert state.revoked == {"AB", "CD", "EF", "AA"}
    assert revoke_line(state, "EF", actor="user:an", why="again", now_ms=4) == ()
    with pytest.raises(AuthError, match="revoked"):
        renew(state, "EF", "GH", ORIGIN, now_ms=5)


def test_a_certificate_for_a_foreign_program_holds() -> None:
    state = folded(*issue_credential("AB", ORIGIN, actor="user:an", now_ms=1, until_ms=9))
    state.check("AB", ORIGIN)


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
    state = renewed(("AB", "CD"))
    assert FOLD.load(FOLD.dump(state)) == state
