"""Findings of scanners and assessors, whatever their columns are called: one set of fields for layer 3.

`asset`, `severity` (critical, high, medium, low, info), `state` (open, fixed), `title`, `rule_id` and
`location`; the scanner's own columns stay beside them. Words win over scores, and a finding whose severity
cannot be told is refused: taken for harmless it would be lost.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from typing import Any, Final

from soc.kernel.errors import RecordError, shortened
from soc.kernel.numbers import decimal_of
from soc.model.event import Fields
from soc.parsing import moments
from soc.parsing.objects import load_object
from soc.parsing.reading import Context, Reading
from soc.parsing.sarif import plain_result

_COLUMNS: Final[Mapping[str, tuple[str, ...]]] = {
    "asset": (
        *("asset", "assetname", "hostname", "host", "@host", "fqdn", "dnsname", "ip", "ipaddress", "@name"),
        *("target", "artifactname", "url", "máychủ", "tàisản", "thiếtbị", "địachỉip", "địachỉ"),
    ),
    "title": (
        *("title", "pluginname", "nvtname", "name", "vulnerability", "alert", "issue", "finding", "summary"),
        *("synopsis", "tiêuđề", "tênlỗhổng", "lỗhổng", "điểmyếu", "tên"),
    ),
    "rule_id": (
        *("ruleid", "pluginid", "nvtoid", "vulnerabilityid", "templateid", "checkid", "qid", "cve", "cves"),
        *("oid", "cweid", "id", "mãlỗhổng", "mã"),
    ),
    "location": ("location", "matchedat", "uri", "url", "path", "file", "port", "vịtrí", "cổng"),
}
"""Our field → columns that may hold it, best first; see ``_named``."""
_SEVERITY: Final = (
    *("severity", "risk", "riskdesc", "risklevel", "threat", "criticality", "level", "mứcđộ"),
    *("mứcđộnghiêmtrọng", "mứcđộrủiro"),
)
_SCORE: Final = re.compile(r"(?:cvss|điểmcvss)\w*")
_STATE: Final = ("state", "status", "trạngthái", "tìnhtrạng")
_TIME: Final = ("timestamp", "@timestamp", "lastseen", "lastobserved", "lastdetected", "time", "date")
_WORDS: Final[Mapping[str, tuple[str, ...]]] = {
    "critical": ("critical", "urgent", "nghiêm trọng", "rất cao", "khẩn cấp"),
    "high": ("high", "serious", "important", "error", "cao"),
    "medium": ("medium", "moderate", "warning", "trung bình"),
    "low": ("low", "minor", "note", "thấp"),
    "info": ("info", "informational", "information", "none", "log", "negligible", "thông tin"),
}
_SEVERITY_OF: Final = {word: severity for severity, words in _WORDS.items() for word in words}
_WORD: Final = re.compile(rf"\b(?:{'|'.join(sorted(_SEVERITY_OF, key=len, reverse=True))})\b")
_FIXED: Final = re.compile(
    r"(?:fixed|resolved|closed|remediated|mitigated|done|đã (?:khắc phục|xử lý|đóng|vá|sửa))\b"
)
_NOT_IN_NAMES: Final = re.compile(r"[^\w@]+|_")
_CVSS: Final = ((9.0, "critical"), (7.0, "high"), (4.0, "medium"), (0.1, "low"), (0.0, "info"))
_HIGHEST_CVSS: Final = 10.0


def read_finding(text: str, context: Context) -> Reading:
    """Read one finding: a row or object of a scanner's export, or a result of SARIF with its rule.

    Raises:
        RecordError: no JSON object within the limits, or a severity that cannot be told.
    """
    record, malformed = load_object(text)
    columns = _columns(plain_result(record) or record)
    found: Fields = {"kind": "finding"}
    for field, names in _COLUMNS.items():
        value = _first(columns, names)
        if value is not None:
            found[field] = str(value)
    found["severity"] = _severity(columns)
    found["state"] = _state(columns)
    return Reading(
        fields=record | found,
        logsources=context.sources.formats.get("finding", ()),
        at_ms=next(_instants(columns, context), None),
        malformed=malformed,
    )


def _columns(record: Fields) -> Fields:
    """Return the scalars of *record* and of its part `info`, by names without blanks, case and marks."""
    info = record.get("info")
    inner = info.items() if isinstance(info, dict) else ()
    columns: Fields = {}
    for name, value in (*record.items(), *inner):
        if isinstance(value, str | int | float) and value != "":
            columns.setdefault(_named(name), value)
    return columns


def _named(name: str) -> str:
    return _NOT_IN_NAMES.sub("", unicodedata.normalize("NFC", name).casefold())


def _first(columns: Fields, names: Iterable[str]) -> Any:
    return next((columns[name] for name in names if name in columns), None)


def _severity(columns: Fields) -> str:
    stated = _first(columns, _SEVERITY)
    word = _WORD.search(unicodedata.normalize("NFC", str(stated)).casefold())
    if word is not None and stated is not None:
        return _SEVERITY_OF[word[0]]
    # A whole number is a level on somebody's own scale: 4 is the worst of one scanner and half of another.
    scale = [stated] if isinstance(stated, float) or "." in str(stated) else []
    scores = [value for name, value in columns.items() if _SCORE.fullmatch(name)]
    numbers = [number for value in (*scores, *scale) if (number := _score(value)) is not None]
    usable = [float(number) for number in numbers if 0 <= number <= _HIGHEST_CVSS]
    if usable:
        return next(severity for least, severity in _CVSS if max(usable) >= least)
    raise RecordError(
        f"a finding of severity {shortened(stated)}; accepted: {', '.join(_WORDS)}, or a CVSS score"
    )


def _score(value: Any) -> Decimal | None:
    """Return the number that a score is, or begins with: `7.5 (AV:N/AC:L)`."""
    words = str(value).split(maxsplit=1)
    return decimal_of(words[0]) if words else None


def _state(columns: Fields) -> str:
    """Return whether it was repaired; of a package, `fixed` says only that there is a newer one."""
    stated = None if "installedversion" in columns else _first(columns, _STATE)
    text = unicodedata.normalize("NFC", str(stated)).casefold().strip()
    return "fixed" if _FIXED.match(text) else "open"


def _instants(columns: Fields, context: Context) -> Iterator[int]:
    return (
        instant
        for name in _TIME
        if (instant := moments.from_value(columns.get(name), context.zone)) is not None
    )
