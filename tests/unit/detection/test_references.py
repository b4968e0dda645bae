"""One field against another."""

from typing import Any

import pytest

from soc.detection.references import reference_holds
from soc.model.fields import ABSENT
from soc.rulebook.plan import FieldRef, Place


@pytest.mark.parametrize(
    ("place", "cased", "left", "right", "holds"),
    [
        (Place.EQUALS, False, "Ann", "aNN", True),
        (Place.EQUALS, True, "Ann", "aNN", False),
        (Place.EQUALS, False, "5", 5, True),
        (Place.EQUALS, False, "5.0", 5, True),
        (Place.EQUALS, False, "5.0", "5", False),
        (Place.EQUALS, False, True, "TRUE", True),
        (Place.CONTAINS, False, "xAnnx", "ann", True),
        (Place.STARTSWITH, False, "Annx", "ann", True),
        (Place.STARTSWITH, True, "Annx", "ann", False),
        (Place.ENDSWITH, False, "xAnn", "ann", True),
        (Place.ENDSWITH, False, "Annx", "ann", False),
        (Place.CONTAINS, False, "", "", True),
        (Place.EQUALS, False, None, None, False),
        (Place.EQUALS, False, ABSENT, ABSENT, False),
        (Place.EQUALS, False, {}, {}, False),
        (Place.CONTAINS, False, "x", None, False),
    ],
)
def test_values_stand_to_each_other(place: Place, cased: bool, left: Any, right: Any, holds: bool) -> None:
    assert reference_holds(FieldRef("other", place, cased), left, right) is holds
