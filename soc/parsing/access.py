"""Access logs of nginx and Apache in the combined (or common) format, with or without a virtual host first.

Field names are Sigma's for web servers. SigmaHQ's rules use ``cs-uri-query`` both for the whole request
target and for what follows the question mark, so it is the list of both (any element may match).
"""

import re
from datetime import timedelta, timezone, tzinfo
from functools import lru_cache
from typing import Final

from soc.kernel.errors import RecordError
from soc.model.event import Fields
from soc.parsing import moments
from soc.parsing.reading import Context, Reading

_IN_QUOTES = r'(?>[^"]*+(?<!\\)|[^"\\]*(?:\\.[^"\\]*)*)'
"""What holds no backslash before a quote is skipped at once, the rest from escape to escape."""
_LINE: Final = re.compile(
    r"(?:(?P<vhost>[^\s:]+):\d+ )?(?P<ip>\S+) \S+ (?P<user>[^\[]*?) ?"
    r"\[(?P<time>\d\d/[A-Z][a-z]{2}/\d{4}:\d\d:\d\d:\d\d(?: [+-]\d{4})?)\] "
    rf'"(?P<request>{_IN_QUOTES})" (?P<status>\d{{3}}) (?P<bytes>\d+|-)'
    rf'(?: "(?P<referer>{_IN_QUOTES})")?(?: "(?P<agent>{_IN_QUOTES})")?'
    r"(?P<rest> .*)?$",
    re.DOTALL,
)
_REQUEST = re.compile(r"([A-Za-z_-]{1,32}) (\S*+|.*?)(?: (HTTP/[\d.]+))?$", re.DOTALL)
_ESCAPES = re.compile(r"((?:\\x[0-9a-fA-F]{2})+)|\\([\"\\])")
_TEXTS: Final = ("cs-host", "cs-username", "cs-referer", "cs-user-agent")
_LONG_DIGITS = 18
_LARGEST_OFFSET = timedelta(hours=23, minutes=59)


def read_access(text: str, context: Context) -> Reading:
    """Read one line of an access log.

    Raises:
        RecordError: the line is of another format.
    """
    line = _LINE.match(text.rstrip("\r\n"))
    if line is None:
        raise RecordError("not an access log line (combined or common format expected)")
    host, address, user, time, request, status, size, referer, agent, rest = line.groups()
    fields: Fields = {"c-ip": address, "sc-status": int(status)}
    for name, value in zip(_TEXTS, (host, user, referer, agent), strict=True):
        if value and value != "-":
            fields[name] = _unescaped(value)
    if size != "-" and len(size) <= _LONG_DIGITS:
        fields["sc-bytes"] = int(size)
    _add_request(_unescaped(request), fields)
    if rest:
        fields["message"] = rest[1:]
    return Reading(
        fields=fields,
        logsources=context.sources.formats.get("access", ()),
        at_ms=None if context.bare else _at_ms(time, context.zone),
    )


def is_plain_access(raw: bytes) -> bool:
    """Return whether *raw* is a line of an access log that quotes nothing but its three texts."""
    try:
        line = _LINE.match(raw.decode())
    except UnicodeDecodeError:
        return False
    if line is None:
        return False
    if b"\0" in raw:
        return False  # it may be read as UTF-16
    quoted = (line["request"], line["referer"], line["agent"])
    return raw.count(b'"') == 2 * sum(text is not None for text in quoted)


def _add_request(request: str, fields: Fields) -> None:
    parts = _REQUEST.match(request)
    if parts is None:
        fields["c-uri"] = fields["cs-uri-query"] = request
        return
    method, target, version = parts.groups()
    stem, mark, query = target.partition("?")
    fields["cs-method"] = method
    fields["c-uri"] = target
    fields["cs-uri-stem"] = stem
    fields["cs-uri-query"] = [target, query] if mark else target
    if mark:
        fields["c-uri-query"] = query
    if version is not None:
        fields["cs-version"] = version


@lru_cache(maxsize=4096)
def _at_ms(text: str, zone: tzinfo) -> int | None:
    """Return the instant of ``24/Nov/2026:08:15:00 +0700``, remembered like every date's."""
    month = moments.MONTHS.get(text[3:6])
    if month is None:
        return None
    date = (int(text[7:11]), month, int(text[:2]))
    clock = (int(text[12:14]), int(text[15:17]), int(text[18:20]))
    return moments.on_date(date, clock, _offset(text[21:]) or zone)


def _offset(text: str) -> tzinfo | None:
    if not text:
        return None
    offset = min(timedelta(hours=int(text[1:3]), minutes=int(text[3:])), _LARGEST_OFFSET)
    return timezone(-offset if text[0] == "-" else offset)


def _unescaped(text: str) -> str:
    r"""Undo the servers' own quoting: ``\"``, ``\\`` and ``\xHH`` (bytes of UTF-8)."""
    return _ESCAPES.sub(_unescape, text) if "\\" in text else text


def _unescape(escape: re.Match[str]) -> str:
    if escape[1] is None:
        return escape[2]
    return bytes.fromhex(escape[1].replace("\\x", "")).decode("utf-8", "replace")
