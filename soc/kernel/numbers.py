"""Numbers as rules and keys compare them: exact decimals, and one shortest text for each."""

import re
from decimal import Decimal

_NUMERIC = re.compile(r"\s*([+-]?(?:\d{1,40}\.?\d{0,40}|\.\d{1,40})(?:[eE][+-]?\d{1,3})?)\s*", re.ASCII)


def number_text(value: float) -> str:
    """Return a JSON number in its shortest form: 1.0 is ``1``, 1e-3 is ``0.001``, -0.0 is ``0``."""
    if isinstance(value, int):
        return str(value)
    if value != value or value in (float("inf"), float("-inf")):  # noqa: PLR0124 - NaN
        return repr(value)
    text = format(Decimal(repr(value + 0.0)), "f")  # -0.0 + 0.0 is 0.0
    return text.rstrip("0").rstrip(".") if "." in text else text


def decimal_of(value: object) -> Decimal | None:
    """Return the exact number that a JSON number or numeric text is; None for anything else.

    Numeric text: optional sign, digits, point, exponent, blanks around; not hex, inf or nan.
    Booleans are no numbers.
    """
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return Decimal(value)
    if isinstance(value, float):
        number = Decimal(repr(value))
        return number if number.is_finite() else None
    if isinstance(value, str):
        found = _NUMERIC.fullmatch(value)
        return None if found is None else Decimal(found[1])
    return None
