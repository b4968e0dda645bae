"""The life cycle of an alert, as one table.

Theory of operation. An alert is born ``new``. Whoever acknowledges it owns it; from then on work goes
forward only: ``acknowledged → in_progress → contained``. Closing is possible from everywhere, because a
false alarm needs no work; it always has a reason. Reopening goes to ``in_progress``: somebody who
reopens is working on it. Steps may be skipped, never repeated and never taken back. Assigning and
commenting are possible as long as they mean something and move nothing; a comment is possible always.
A cell that is missing is an act that is no longer, or not yet, possible.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from soc.model.alert import AlertState as S


class Act(StrEnum):
    """What a person can do with an alert; the value is the type of the fact it becomes."""

    ACKNOWLEDGE = "AlertAcknowledged"
    ASSIGN = "AlertAssigned"
    START = "AlertStarted"
    CONTAIN = "AlertContained"
    COMMENT = "AlertCommented"
    CLOSE = "AlertClosed"
    REOPEN = "AlertReopened"


TRANSITIONS: Final[Mapping[tuple[S, Act], S]] = {
    (S.NEW, Act.ACKNOWLEDGE): S.ACKNOWLEDGED,
    (S.NEW, Act.ASSIGN): S.NEW,
    (S.NEW, Act.START): S.IN_PROGRESS,
    (S.NEW, Act.CONTAIN): S.CONTAINED,
    (S.NEW, Act.COMMENT): S.NEW,
    (S.NEW, Act.CLOSE): S.CLOSED,
    (S.ACKNOWLEDGED, Act.ASSIGN): S.ACKNOWLEDGED,
    (S.ACKNOWLEDGED, Act.START): S.IN_PROGRESS,
    (S.ACKNOWLEDGED, Act.CONTAIN): S.CONTAINED,
    (S.ACKNOWLEDGED, Act.COMMENT): S.ACKNOWLEDGED,
    (S.ACKNOWLEDGED, Act.CLOSE): S.CLOSED,
    (S.IN_PROGRESS, Act.ASSIGN): S.IN_PROGRESS,
    (S.IN_PROGRESS, Act.CONTAIN): S.CONTAINED,
    (S.IN_PROGRESS, Act.COMMENT): S.IN_PROGRESS,
    (S.IN_PROGRESS, Act.CLOSE): S.CLOSED,
    (S.CONTAINED, Act.ASSIGN): S.CONTAINED,
    (S.CONTAINED, Act.COMMENT): S.CONTAINED,
    (S.CONTAINED, Act.CLOSE): S.CLOSED,
    (S.CLOSED, Act.COMMENT): S.CLOSED,
    (S.CLOSED, Act.REOPEN): S.IN_PROGRESS,
}


def after(state: S, act: Act) -> S | None:
    """Return the state that *act* leads to; None when it is not possible in *state*."""
    return TRANSITIONS.get((state, act))
