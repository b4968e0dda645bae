"""Life of a report at the national centre, as one table.

A report is *received* when its receipt is written, then checked by a machine: *validated*, or *rejected* with
reasons. People take it *in review*, *acknowledge* it under a case number and *close* it. Nothing goes back.
"""

from enum import StrEnum
from types import MappingProxyType

from soc.ncsc_stub.problem import Problem, Refusal


class State(StrEnum):
    """Where a report stands."""

    RECEIVED = "received"
    VALIDATED = "validated"
    REJECTED = "rejected"
    IN_REVIEW = "in_review"
    ACKNOWLEDGED = "acknowledged"
    CLOSED = "closed"


MOVES = MappingProxyType(
    {
        State.RECEIVED: (State.VALIDATED, State.REJECTED),
        State.VALIDATED: (State.IN_REVIEW,),
        State.REJECTED: (),
        State.IN_REVIEW: (State.ACKNOWLEDGED,),
        State.ACKNOWLEDGED: (State.CLOSED,),
        State.CLOSED: (),
    }
)
"""From each state, the states it may go to; the first is the way forward."""


def forward(state: State) -> State:
    """Return the next state on the way forward.

    Raises:
        Problem: *state* is a last one.
    """
    if not MOVES[state]:
        raise Problem(Refusal.STATE, f"A report that is {state} moves no further.")
    return MOVES[state][0]


def takes_updates(state: State) -> bool:
    """Tell whether a report in *state* may still be updated: it is neither refused nor closed."""
    return bool(MOVES[state])
