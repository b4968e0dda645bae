"""Every cell of the table of a report's life."""

import pytest

from soc.ncsc_stub.lifecycle import MOVES, State, forward, takes_updates
from soc.ncsc_stub.problem import Problem

FORWARD = {
    State.RECEIVED: State.VALIDATED,
    State.VALIDATED: State.IN_REVIEW,
    State.IN_REVIEW: State.ACKNOWLEDGED,
    State.ACKNOWLEDGED: State.CLOSED,
}


@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize("target", State)
def test_a_report_moves_only_as_the_table_says(state: State, target: State) -> None:
    refusal = (State.RECEIVED, State.REJECTED)
    assert (target in MOVES[state]) == (FORWARD.get(state) is target or (state, target) == refusal)


@pytest.mark.parametrize("state", State)
def test_the_way_forward_ends_where_nothing_follows(state: State) -> None:
    if state in FORWARD:
        assert forward(state) is FORWARD[state]
        assert takes_updates(state)
    else:
        assert not takes_updates(state)
        with pytest.raises(Problem, match="no further"):
            forward(state)
