"""Episodes, headings and folded alerts as a test needs them."""

from collections.abc import Iterable
from typing import Any

from soc.alerts.raising import raised
from soc.alerts.saying import Speaker, alert_id
from soc.alerts.state import Alerts, AlertsFold
from soc.kernel.errors import Location
from soc.ledger.fact import Fact
from soc.model.alert import Severity
from soc.model.episode import Episode, Key
from soc.model.identity import Layer
from soc.rulebook.plan import Heading

T0 = 1_767_225_600_000
"""2026-01-01T00:00Z."""
RULE = "6d0b7a4e-1c57-4c49-9a5c-2f8f2a6d9c10"
CORRELATOR = Speaker("machine:correlator", T0, "correlator", 1)


def heading(level: Severity = Severity.HIGH, title: str = "Guessing") -> Heading:
    return Heading(
        id=RULE,
        name=None,
        title=title,
        level=level,
        description="",
        author="",
        tags=(),
        falsepositives=(),
        location=Location("rule.yml"),
        text="",
    )


def episode(name: str = "e1", *, agency: str | None = "so-yte", **more: Any) -> Episode:
    members: dict[str, Any] = {
        "id": name,
        "key": Key(RULE, agency, more.pop("exercise", None), (("src_ip", "203.0.113.9"),)),
        "rule_version": "v1",
        "first_at_ms": T0 - 5000,
        "last_at_ms": T0 - 1000,
        "fires_at_ms": T0 - 1000,
        "count": 4,
        "members": (),
        "layers": (Layer.MONITORING,),
        "agencies": (agency,) if agency else ("so-yte", "xa-tan-phu"),
    }
    return Episode(**(members | more))


def folded(facts: Iterable[Fact], state: Alerts | None = None) -> Alerts:
    """Return *state* (fresh unless given) after *facts*."""
    found = state or AlertsFold().initial()
    for fact in facts:
        found = AlertsFold().apply(found, fact)
    return found


def one_alert(**more: Any) -> tuple[Alerts, str]:
    """Return a state with one new alert, and its id."""
    found = episode(**more)
    return folded(raised(found, heading(), CORRELATOR, silent=False)), alert_id(found.id)
