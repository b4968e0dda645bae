"""Who says something about a run, and the fact that it becomes."""

import msgspec

from soc.ledger.catalogue import NEWEST
from soc.ledger.fact import Fact, Payload, fact_id


class Speaker(msgspec.Struct, frozen=True):
    """Who decides, and when."""

    actor: str
    """``user:<name>`` or ``machine:<role>``."""
    now_ms: int
    role: str | None = None
    """Leader role; None for people."""
    term: int | None = None


def said(
    type_: str,
    parts: tuple[str, ...],
    payload: Payload,
    about: tuple[str | None, str | None],
    by: Speaker,
) -> Fact:
    """Return the fact *type_* whose id is made of *parts*; *about*: agency, exercise."""
    agency, exercise = about
    return Fact(
        type=type_,
        version=NEWEST[type_],
        id=fact_id(type_, *parts),
        at_ms=by.now_ms,
        actor=by.actor,
        agency=agency,
        exercise=exercise,
        collector=None,
        payload=payload,
        role=by.role,
        term=by.term,
    )
