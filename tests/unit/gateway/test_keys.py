"""An API key speaks for one sender until it expires or is revoked; its secret is kept by nobody."""

import pytest

from soc.gateway.keys import ApiKeys, ApiKeysFold, issue_key, revoke_key
from soc.kernel.errors import AuthError
from soc.ledger.fact import Fact
from soc.model.identity import Origin

ORIGIN = Origin("so-y-te", "rsyslog-1", None)
FOLD = ApiKeysFold()
ISSUED = issue_key("k1", "long secret", ORIGIN, actor="user:an", now_ms=0, expires_ms=100)
REVOKED = revoke_key("k1", ORIGIN, actor="user:an", why="lost", now_ms=5)


def folded(*facts: Fact) -> ApiKeys:
    state = FOLD.initial()
    for fact in facts:
        state = FOLD.apply(state, fact)
    return state


def test_the_secret_itself_is_never_a_fact() -> None:
    assert "long secret" not in repr(ISSUED)


def test_a_key_speaks_for_whom_it_was_issued_to() -> None:
    assert folded(*ISSUED).check("k1", "long secret", 100) == ORIGIN


@pytest.mark.parametrize(
    ("key_id", "secret", "now_ms", "said"),
    [
        ("k1", "other", 1, "not known"),
        ("k2", "long secret", 1, "not known"),
        ("", "", 1, "not known"),
        ("k1", "long secret", 101, "expired"),
    ],
    ids=["secret", "id", "nothing", "late"],
)
def test_a_key_that_does_not_hold_is_refused(key_id: str, secret: str, now_ms: int, said: str) -> None:
    with pytest.raises(AuthError, match=said):
        folded(*ISSUED).check(key_id, secret, now_ms)


def test_a_revoked_key_is_refused_and_a_stranger_does_not_learn_that_it_was_one() -> None:
    state = folded(*ISSUED, *REVOKED)
    with pytest.raises(AuthError, match="revoked"):
        state.check("k1", "long secret", 1)
    with pytest.raises(AuthError, match="not known"):
        state.check("k1", "guess", 1)


def test_a_revocation_of_a_key_nobody_issued_lets_nobody_in() -> None:
    with pytest.raises(AuthError):
        folded(*REVOKED).check("k1", "", 1)


def test_the_state_survives_a_snapshot() -> None:
    state = folded(*ISSUED, *REVOKED)
    assert FOLD.load(FOLD.dump(state)) == state
