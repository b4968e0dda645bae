"""Who says something about an alert, and the fact that it becomes."""

from typing import NamedTuple

import msgspec

from soc.kernel.ids import digest
from soc.ledger.catalogue import NEWEST
from soc.ledger.fact import Fact, Payload, fact_id


class Speaker(msgspec.Struct, frozen=True):
    """Who decides, and when."""

    actor: str
    """``user:<name>``, ``playbook:<run>``, ``machine:<role>``."""
    now_ms: int
    role: str | None = None
    """Leader role; None for people."""
    term: int | None = None


class About(NamedTuple):
    """Whose thing a fact speaks of."""

    agency: str | None
    exercise: str | None


def alert_id(episode_id: str) -> str:
    """Return the id of the alert that *episode_id* raises; one episode has at most one."""
    return digest("alert", episode_id)


def said(type_: str, parts: tuple[str, ...], payload: Payload, about: About, by: Speaker) -> Fact:
    """Return the fact *type_* whose id is made of *parts*."""
    return Fact(
        type=type_,
        version=NEWEST[type_],
        id=fact_id(type_, *parts),
        at_ms=by.now_ms,
        actor=by.actor,
        agency=about.agency,
        exercise=about.exercise,
        collector=None,
        payload=payload,
        role=by.role,
        term=by.term,
    )
