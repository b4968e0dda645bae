"""Who a thing comes from and who may see it: credential identity, scope, layers, retention classes."""

from enum import IntEnum, StrEnum

import msgspec


class Layer(IntEnum):
    """The four layers of the provincial model (Chỉ thị 14/CT-TTg 2019; CV 1552/BTTTT-CATTT 2020)."""

    ON_THE_SPOT = 1
    """The agency's own people and machines."""
    MONITORING = 2
    """Professional monitoring: IDS, WAF, EDR, firewall, mail gateway."""
    ASSESSMENT = 3
    """Independent assessment: scanners, penetration tests."""
    NATIONAL = 4
    """The link with the national centre: warnings, indicators."""


class RetentionClass(StrEnum):
    """How long a stored event is kept, and where."""

    STANDARD = "standard"
    QUARANTINE = "quarantine"
    """Could not be parsed; kept raw with its reason and replayable."""
    HOLD = "hold"
    """Kept as it is by order of an authority (NĐ 333/2026 Đ8.9)."""


class Origin(msgspec.Struct, frozen=True):
    """Identity as the credential says it, never as the event's text does."""

    agency: str
    """Immutable agency id, lower case."""
    collector: str
    """Collector id, unique within the agency; ``soc`` for the centre itself."""
    exercise: str | None = None
    """Exercise run the credential belongs to; None is live."""


URN = "urn:soc:collector:"


def urn_of(origin: Origin) -> str:
    """Return the name of *origin* in certificates and under signatures."""
    return f"{URN}{origin.agency}:{origin.collector}:{origin.exercise or 'live'}"


class Scope(msgspec.Struct, frozen=True):
    """What a caller may see. A required argument of every store, view and stream call."""

    agencies: frozenset[str] | None
    """Agency ids; None is the whole province."""
    exercise: str | None
    """Only this exercise run; None is only live."""
    classes: frozenset[RetentionClass]

    def admits(self, agency: str, exercise: str | None, retention: RetentionClass) -> bool:
        """Return whether a thing of *agency*, *exercise* and *retention* is inside."""
        return (
            (self.agencies is None or agency in self.agencies)
            and exercise == self.exercise
            and retention in self.classes
        )


def province(exercise: str | None) -> Scope:
    """Return the scope of the province's own analysts: every agency and class of one run, or live."""
    return Scope(agencies=None, exercise=exercise, classes=frozenset(RetentionClass))


SOC_AGENCY = "soc"
"""Agency id under which the centre speaks of itself."""
SOC_ORIGIN = Origin(agency=SOC_AGENCY, collector="soc")
