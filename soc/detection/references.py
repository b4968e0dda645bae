"""``fieldref``: one field's value against another's of the same event."""

from typing import Any

from soc.kernel.folding import fold
from soc.kernel.numbers import decimal_of
from soc.model.fields import text_of
from soc.rulebook.plan import FieldRef, Place


def reference_holds(ref: FieldRef, value: Any, other: Any) -> bool:
    """Return whether *value* stands to *other* as *ref* wants; a missing side never does."""
    text, wanted = text_of(value), text_of(other)
    if text is None or wanted is None:
        return False
    if not ref.cased:
        text, wanted = fold(text), fold(wanted)
    match ref.place:
        case Place.EQUALS:
            return text == wanted or _same_number(value, other)
        case Place.CONTAINS:
            return wanted in text
        case Place.STARTSWITH:
            return text.startswith(wanted)
        case Place.ENDSWITH:
            return text.endswith(wanted)


def _same_number(value: Any, other: Any) -> bool:
    """A JSON number equals a numeric text, as a rule's number does."""
    if isinstance(value, str) and isinstance(other, str):
        return False
    number = decimal_of(value)
    return number is not None and number == decimal_of(other)
