"""Syslog lines: RFC 5424, RFC 3164 and what programs really send, with or without a priority.

The header gives ``host``, ``program``, ``pid``; the text stays in ``message`` (keyword rules read it), and
programs with a parser of their own add their fields.
"""

import re
from functools import lru_cache
from itertools import islice
from typing import Final

from soc.kernel.errors import RecordError
from soc.model.event import Fields, LogSource
from soc.parsing import moments
from soc.parsing.pairs import is_pairs, read_pairs
from soc.parsing.reading import Context, Reading
from soc.parsing.services import service_fields

_PRIORITY = re.compile(r"<(\d{1,3})>")
_MODERN: Final = re.compile(
    r"1 (?P<time>\S+) (?P<host>\S+) (?P<program>\S+) (?P<pid>\S+) (?P<msgid>\S+) "
    r'(?P<data>-|(?:\[[^\]"]*(?:"[^"\\]*(?:\\.[^"\\]*)*"[^\]"]*)*\])+)(?: (?P<message>.*))?$',
    re.DOTALL,
)
_TAGGED: Final = (
    r"(?:(?P<program>[^\s:\[\]]{1,64}+)(?:\[(?P<pid>[^\]\s]{1,32}+)\])?:(?: |$))?(?P<message>.*)$"
)
_UNTIMED: Final = re.compile(_TAGGED, re.DOTALL)
_CLASSIC: Final = re.compile(
    r"(?:(?:(?P<relay>\S{1,255}+) )?\d{1,10}+: )?"  # Cisco's sequence number, behind its relay's address
    r"(?:(?P<iso>\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d\S*)"
    r"|[*.]?(?P<month>[A-Z][a-z]{2}) {1,2}(?P<day>\d{1,2})(?: (?P<year>\d{4}))?"
    r" (?P<clock>\d\d:\d\d:\d\d)(?:\.(?P<fraction>\d{1,9}))?(?: [A-Z]{3,5}(?=:))?:?)"
    r"(?: (?P<host>[^\s\[]{0,254}[^\s\[:])(?= ))? " + _TAGGED,
    re.DOTALL,
)
_PARAMETER = re.compile(r' ([^\s=\]"]{1,32})="([^"\\]*(?:\\.[^"\\]*)*)"')
_PARAMETER_LIMIT = 200
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
_FACILITIES: Final = (
    *("kern", "user", "mail", "daemon", "auth", "syslog", "lpr", "news", "uucp", "cron", "authpriv", "ftp"),
    *("ntp", "audit", "alert", "clock"),
    *(f"local{number}" for number in range(8)),
)
_SPEAK_IN_PAIRS: Final = (None, "audispd", "audisp-syslog", "auditd")
_SEVERITIES: Final = ("emerg", "alert", "crit", "err", "warning", "notice", "info", "debug")


def read_syslog(text: str, context: Context) -> Reading:
    """Read one syslog message.

    Raises:
        RecordError: neither a priority nor a time begins it.
    """
    line = text.rstrip("\r\n\0")
    fields: Fields = {}
    priority = _PRIORITY.match(line) if line.startswith("<") else None
    if priority is not None:
        fields.update(_priority_fields(int(priority[1])))
        line = line[priority.end() :]
    modern = _MODERN.match(line) if priority is not None else None
    if modern is not None:
        at_ms = None if context.bare else moments.from_iso(modern["time"], context.zone)
        fields.update(_modern_fields(modern))
    else:
        at_ms = _read_classic(line, fields, context)
    return _with_payload(Reading(fields, _logsources(fields, context), at_ms), context)


def _with_payload(reading: Reading, context: Context) -> Reading:
    """Add what the message holds: key=value pairs, or a sentence of a program we know.

    Only who has nothing else to say (FortiGate, audit) is read as pairs, and never over the header:
    text that a stranger gets into some program's message must not choose a host, a time or a log source.
    """
    message = reading.fields["message"]
    if reading.fields.get("program") not in _SPEAK_IN_PAIRS or not is_pairs(message):
        reading.fields.update(service_fields(reading.fields))
        return reading
    pairs = read_pairs(message, context)
    return Reading(
        fields={**pairs.fields, **reading.fields},
        logsources=pairs.logsources or reading.logsources,
        at_ms=pairs.at_ms if reading.at_ms is None else reading.at_ms,
    )


def _read_classic(line: str, fields: Fields, context: Context) -> int | None:
    """Add the fields of an RFC 3164 line, or of one with an ISO time; return its time."""
    classic = _CLASSIC.match(line)
    tagged = classic or (_UNTIMED.match(line) if fields else None)
    if tagged is None:
        raise RecordError("not syslog: neither <priority> nor a time begins the line")
    if classic is not None and (host := classic["host"] or classic["relay"]) is not None:
        fields["host"] = host
    _add_tagged(tagged, fields)
    return None if classic is None or context.bare else _classic_time(classic, context)


def _add_tagged(line: re.Match[str], fields: Fields) -> None:
    program, pid, message = line.group("program", "pid", "message")
    if program is not None:
        fields["program"] = program
    fields["message"] = message
    if pid is not None:
        fields["pid"] = _number(pid)


def _modern_fields(line: re.Match[str]) -> Fields:
    """Return the header's fields over the parameters of the structured data, which stays as a whole too."""
    parameters = islice(_PARAMETER.finditer(line["data"]), _PARAMETER_LIMIT)
    fields: Fields = {found[1]: _ESCAPE.sub(r"\1", found[2]) for found in parameters}
    if line["data"] != "-":
        fields["structured_data"] = line["data"]
    fields.update({name: line[name] for name in ("host", "program", "msgid") if line[name] != "-"})
    if line["pid"] != "-":
        fields["pid"] = _number(line["pid"])
    fields["message"] = (line["message"] or "").removeprefix("\ufeff")
    return fields


def _classic_time(line: re.Match[str], context: Context) -> int | None:
    if line["iso"] is not None:
        return moments.from_iso(line["iso"].rstrip(":"), context.zone)
    month = moments.MONTHS.get(line["month"])
    if month is None:
        return None
    hour, minute, second = map(int, line["clock"].split(":"))
    at_ms: int | None
    if line["year"] is None:
        near = (context.near_ms, context.zone)
        at_ms = moments.nearest_year(month, int(line["day"]), (hour, minute, second), near)
    else:
        at_ms = moments.on_date(
            (int(line["year"]), month, int(line["day"])), (hour, minute, second), context.zone
        )
    return None if at_ms is None else at_ms + int(((line["fraction"] or "") + "000")[:3])


def _logsources(fields: Fields, context: Context) -> tuple[LogSource, ...]:
    program = fields.get("program")
    if isinstance(program, str):
        found = context.sources.programs.get(_name_of(program))
        if found is not None:
            return found
    return context.sources.formats.get("syslog", ())


@lru_cache(maxsize=256)
def _name_of(program: str) -> str:
    """Return what tables call *program*: ``%ASA-6-302013`` is ``%asa``, ``postfix/smtpd`` is ``postfix``."""
    return program.partition("-" if program.startswith("%") else "/")[0].lower()


def _priority_fields(priority: int) -> Fields:
    facility, severity = divmod(priority, 8)
    if facility >= len(_FACILITIES):
        return {"severity": _SEVERITIES[severity]}
    return {"facility": _FACILITIES[facility], "severity": _SEVERITIES[severity]}


def _number(text: str) -> int | str:
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= 18 else text
