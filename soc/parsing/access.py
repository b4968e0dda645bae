"""Access logs of nginx and Apache in the combined (or common) format, with or without a virtual host first.

Field names are Sigma's for web servers. SigmaHQ's rules use ``cs-uri-query`` both for the whole request
target and for what follows the question mark, so it is the list of both (any element may match).
"""

import re
from datetime import timedelta, timezone, tzinfo
from typing import Final

from soc.kernel.errors import RecordError
from soc.model.event import Fields
from soc.parsing import moments
from soc.parsing.reading import Context, Reading

_IN_QUOTES = r'[^"\\]*(?:\\.[^"\\]*)*'
_LINE: Final = re.compile(
    r"(?:(?P<vhost>[^\s:]+):\d+ )?(?P<ip>\S+) (?P<ident>\S+) (?P<user>[^\[]*?) ?"
    r"\[(?P<day>\d\d)/(?P<month>[A-Z][a-z]{2})/(?P<year>\d{4}):(?P<clock>\d\d:\d\d:\d\d)"
    r"(?: (?P<zone>[+-]\d{4}))?\] "
    rf'"(?P<request>{_IN_QUOTES})" (?P<status>\d{{3}}) (?P<bytes>\d+|-)'
    rf'(?: "(?P<referer>{_IN_QUOTES})")?(?: "(?P<agent>{_IN_QUOTES})")?'
    r"(?P<rest> .*)?$",
    re.DOTALL,
)
_REQUEST = re.compile(r"([A-Za-z_-]{1,32}) (.*?)(?: (HTTP/[\d.]+))?$", re.DOTALL)
_ESCAPES = re.compile(r"((?:\\x[0-9a-fA-F]{2})+)|\\([\"\\])")
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
    fields: Fields = {"c-ip": line["ip"], "sc-status": int(line["status"])}
    _set(fields, "cs-host", line["vhost"])
    _set(fields, "cs-username", line["user"])
    _set(fields, "cs-referer", line["referer"])
    _set(fields, "cs-user-agent", line["agent"])
    if line["bytes"] != "-" and len(line["bytes"]) <= _LONG_DIGITS:
        fields["sc-bytes"] = int(line["bytes"])
    fields.update(_request_fields(_unescaped(line["request"])))
    if line["rest"]:
        fields["message"] = line["rest"][1:]
    return Reading(
        fields=fields,
        logsources=context.sources.formats.get("access", ()),
        at_ms=None if context.bare else _at_ms(line, context.zone),
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


def _set(fields: Fields, name: str, value: str | None) -> None:
    if value and value != "-":
        fields[name] = _unescaped(value)


def _request_fields(request: str) -> Fields:
    parts = _REQUEST.match(request)
    if parts is None:
        return {"c-uri": request, "cs-uri-query": request}
    method, target, version = parts.groups()
    stem, mark, query = target.partition("?")
    fields: Fields = {
        "cs-method": method,
        "c-uri": target,
        "cs-uri-stem": stem,
        "cs-uri-query": [target, query] if mark else target,
    }
    if mark:
        fields["c-uri-query"] = query
    if version is not None:
        fields["cs-version"] = version
    return fields


def _at_ms(line: re.Match[str], zone: tzinfo) -> int | None:
    month = moments.MONTHS.get(line["month"])
    if month is None:
        return None
    hour, minute, second = map(int, line["clock"].split(":"))
    date = (int(line["year"]), month, int(line["day"]))
    return moments.on_date(date, (hour, minute, second), _offset(line["zone"]) or zone)


def _offset(text: str | None) -> tzinfo | None:
    if text is None:
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
