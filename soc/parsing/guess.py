"""Guessing the format of a record whose source does not say it."""

import re

from soc.kernel.errors import RecordError
from soc.parsing.access import read_access
from soc.parsing.pairs import is_pairs, read_pairs
from soc.parsing.plain import read_json
from soc.parsing.reading import Context, Reading
from soc.parsing.syslog import read_syslog

_SYSLOG = re.compile(
    r"<\d{1,3}>|(?:(?:\S{1,255} )?\d{1,10}: )?[*.]?[A-Z][a-z]{2} [ \d]\d |\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d"
)


def read_any(text: str, context: Context) -> Reading:
    """Read a record as what it looks like.

    Raises:
        RecordError: it looks like nothing known.
    """
    if text.lstrip(" \t\r\n").startswith("{"):
        return read_json(text, context)
    if is_pairs(text):
        return read_pairs(text, context)
    if _SYSLOG.match(text):
        return read_syslog(text, context)
    try:
        return read_access(text, context)
    except RecordError:
        raise RecordError("neither a JSON object nor key=value pairs, syslog or access log") from None
