"""A revision is signed for one collector, numbered upwards, and sent to it until it has heard of it."""

import hashlib
from pathlib import Path

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from soc.gateway.revisions import Revisions, RevisionsFold, revise
from soc.gateway.signing import Signer, open_signer
from soc.kernel.errors import ConfigError
from soc.model.heartbeat import ConfigurationState, Fate
from soc.model.identity import Origin
from soc.wire.revision import MAX_BODY_BYTES, signed_bytes

ORIGIN = Origin("so-y-te", "c1")
FOLD = RevisionsFold()


def revised(signer: Signer, *bodies: str) -> Revisions:
    state = FOLD.initial()
    for body in bodies:
        for fact in revise(state, ORIGIN, body, signer, actor="user:an", now_ms=1):
            state = FOLD.apply(state, fact)
    return state


def at(number: int, hash_: str = "") -> ConfigurationState:
    return ConfigurationState(number, Fate.APPLIED, hash_)


def test_a_revision_is_due_until_the_collector_has_heard_of_it(tmp_path: Path) -> None:
    state = revised(open_signer(tmp_path), "a = 1", "a = 2")
    due = state.due(ORIGIN, at(0))
    assert due is not None
    assert (due.number, due.body) == (2, b"a = 2")
    assert state.due(ORIGIN, at(1)) == due
    assert state.due(ORIGIN, at(2)) is None
    assert state.due(ORIGIN, None) is None
    assert state.due(Origin("so-y-te", "c2"), at(0)) is None


def test_the_signature_holds_for_this_collector_and_number_alone(tmp_path: Path) -> None:
    signer = open_signer(tmp_path)
    due = revised(signer, "a = 1").due(ORIGIN, at(0))
    key = load_pem_public_key(signer.public_pem().encode())
    assert due is not None
    assert isinstance(key, Ed25519PublicKey)
    key.verify(due.signature, signed_bytes(ORIGIN, 1, b"a = 1"))
    for origin, number in [(Origin("so-y-te", "c2"), 1), (ORIGIN, 2)]:
        with pytest.raises(InvalidSignature):
            key.verify(due.signature, signed_bytes(origin, number, b"a = 1"))


def test_the_same_settings_again_are_no_new_revision(tmp_path: Path) -> None:
    due = revised(open_signer(tmp_path), "a = 1", "a = 1").due(ORIGIN, at(0))
    assert due is not None
    assert due.number == 1


def test_settings_changed_by_hand_are_seen(tmp_path: Path) -> None:
    state = revised(open_signer(tmp_path), "a = 1")
    assert not state.drifted(ORIGIN, at(1, hashlib.sha256(b"a = 1").hexdigest()))
    assert state.drifted(ORIGIN, at(1, "other"))
    assert not state.drifted(Origin("so-y-te", "c2"), at(1, "other"))


@pytest.mark.parametrize("body", ["a = ", "#" * (MAX_BODY_BYTES + 1)], ids=["no TOML", "too large"])
def test_what_cannot_be_settings_is_refused(tmp_path: Path, body: str) -> None:
    with pytest.raises(ConfigError, match="settings"):
        revised(open_signer(tmp_path), body)


def test_the_state_survives_a_snapshot(tmp_path: Path) -> None:
    state = revised(open_signer(tmp_path), "a = 1")
    assert FOLD.load(FOLD.dump(state)) == state
