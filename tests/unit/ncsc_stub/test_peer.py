"""Who a certificate names."""

from typing import Any

import pytest
from multidict import CIMultiDict, CIMultiDictProxy

from soc.ncsc_stub.peer import Peer, exercise_run, peer_of
from soc.ncsc_stub.problem import Problem

LIVE, EXERCISE = Peer("tinh", exercise=False), Peer("tinh", exercise=True)


def names(*values: str, kind: str = "URI") -> dict[str, Any]:
    return {"subjectAltName": tuple((kind, value) for value in values)}


def headers(*runs: str) -> CIMultiDictProxy[str]:
    return CIMultiDictProxy(CIMultiDict([("soc-exercise", run) for run in runs]))


def test_the_province_and_its_side_are_in_the_certificate() -> None:
    assert peer_of(names("urn:ncsc:province:tinh:live")) == LIVE
    assert peer_of(names("https://tinh.example", "urn:ncsc:province:tinh:exercise")) == EXERCISE


@pytest.mark.parametrize(
    "certificate",
    [
        None,
        {},
        names("urn:ncsc:province:tinh"),
        names("urn:ncsc:province::live"),
        names("urn:ncsc:province:tinh:both"),
        names("urn:ncsc:province:tinh:live\n"),
        names("urn:ncsc:province:tinh:live", kind="DNS"),
        names("urn:ncsc:province:tinh:live", "urn:ncsc:province:tinh:exercise"),
    ],
    ids=repr,
)
def test_a_certificate_that_names_no_single_province_is_refused(certificate: dict[str, Any] | None) -> None:
    with pytest.raises(Problem, match="exactly one URI"):
        peer_of(certificate)


def test_a_run_goes_with_an_exercise_certificate_and_only_with_it() -> None:
    assert exercise_run(LIVE, headers(), writes=True) is None
    assert exercise_run(EXERCISE, headers("run-1"), writes=True) == "run-1"
    assert exercise_run(EXERCISE, headers(), writes=False) is None


@pytest.mark.parametrize(
    ("peer", "runs", "writes"),
    [
        (LIVE, ["run-1"], True),
        (LIVE, ["run-1"], False),
        (LIVE, [""], False),
        (EXERCISE, [], True),
        (EXERCISE, [""], True),
        (EXERCISE, ["run 1"], False),
        (EXERCISE, ["run-1", "run-2"], True),
        (EXERCISE, ["r" * 65], True),
    ],
)
def test_a_contradiction_is_refused(peer: Peer, runs: list[str], *, writes: bool) -> None:
    with pytest.raises(Problem):
        exercise_run(peer, headers(*runs), writes=writes)
