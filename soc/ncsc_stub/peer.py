"""Who calls: the province in the client certificate, live or in an exercise."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from multidict import CIMultiDictProxy

from soc.ncsc_stub.problem import Problem, Refusal

EXERCISE_HEADER = "Soc-Exercise"
_URI = re.compile(r"urn:ncsc:province:([a-z0-9][a-z0-9-]{0,62}):(live|exercise)")
_RUN = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


@dataclass(frozen=True, slots=True)
class Peer:
    """One province on one side of the wall between live and exercise; each side sees only its own."""

    province: str
    exercise: bool


def peer_of(certificate: Mapping[str, Any] | None) -> Peer:
    """Return whom the certificate (as ``ssl`` decodes it) names.

    Raises:
        Problem: it names no province, or more than one.
    """
    names = (certificate or {}).get("subjectAltName", ())
    found = [match for kind, value in names if kind == "URI" and (match := _URI.fullmatch(value))]
    if len(found) != 1:
        expected = "urn:ncsc:province:<id>:<live|exercise>"
        raise Problem(Refusal.IDENTITY, f"The certificate must carry exactly one URI {expected}.")
    return Peer(province=found[0][1], exercise=found[0][2] == "exercise")


def exercise_run(peer: Peer, headers: CIMultiDictProxy[str], *, writes: bool) -> str | None:
    """Return the exercise run a request belongs to, None for live.

    A live certificate may never name a run; an exercise certificate must, whenever it *writes*.

    Raises:
        Problem: certificate and header contradict each other.
    """
    runs = headers.getall(EXERCISE_HEADER, [])
    if not peer.exercise:
        if runs:
            raise Problem(Refusal.EXERCISE, f"{EXERCISE_HEADER} came with a live certificate.")
        return None
    if not runs and not writes:
        return None
    if len(runs) != 1 or not _RUN.fullmatch(runs[0]):
        detail = f"An exercise certificate needs {EXERCISE_HEADER} with the run, 1-64 of A-Z a-z 0-9 . _ -"
        raise Problem(Refusal.EXERCISE, detail)
    return runs[0]
