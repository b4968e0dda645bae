"""Guessing the format of a record whose source does not say it."""

import re

from soc.kernel.errors import RecordError
from soc.parsing.access import read_access
from soc.parsing.objects import load_object
from soc.parsing.pairs import is_pairs, read_pairs
from soc.parsing.plain import json_reading
from soc.parsing.reading import Context, Reading
from soc.parsing.syslog import read_syslog
from soc.parsing.windows import is_windows, windows_reading

_SYSLOG = re.compile(r"<\d{1,3}>|\*?[A-Z][a-z]{2} [ \d]\d |\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d")


def read_any(text: str, context: Context) -> Reading:
    """Read a record as what it looks like.

    Raises:
        RecordError: it looks like nothing known.
    """
    if text.lstrip(" \t\r\n").startswith("{"):
        record, malformed = load_object(text)
        read = windows_reading if is_windows(record) else json_reading
        return read(record, context, malformed=malformed)
    if is_pairs(text):
        return read_pairs(text, context)
    if _SYSLOG.match(text):
        return read_syslog(text, context)
    try:
        return read_access(text, context)
    except RecordError:
        raise RecordError("neither a JSON object nor key=value pairs, syslog or access log") from None
