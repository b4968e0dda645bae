"""An alert's words: severity, life-cycle states and reasons for closing."""

from enum import StrEnum


class Severity(StrEnum):
    """Sigma levels, lowest first."""

    INFORMATIONAL = "informational"
    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    CRITICAL = "critical"

    @property
    def rank(self) -> int:
        """Return 0 for the lowest."""
        return list(Severity).index(self)


class AlertState(StrEnum):
    """Where an alert stands."""

    NEW = "new"
    ACKNOWLEDGED = "acknowledged"
    IN_PROGRESS = "in_progress"
    CONTAINED = "contained"
    CLOSED = "closed"


class CloseReason(StrEnum):
    """Why an alert was closed."""

    TRUE_POSITIVE = "true_positive"
    BENIGN_TRUE_POSITIVE = "benign_true_positive"
    FALSE_POSITIVE = "false_positive"
    DUPLICATE = "duplicate"
    EXERCISE = "exercise"
    NOT_ACTIONABLE = "not_actionable"
