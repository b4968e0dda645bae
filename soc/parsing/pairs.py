"""Lines of key=value pairs: the Linux audit log, FortiGate and whatever speaks like them.

The audit log writes values that a stranger chose in hexadecimal; they are turned back into text, so that
a blank in an argument hides nothing from a rule. The whole text stays in ``message`` for keyword rules:
what is no pair, or comes a second time, is found there.
"""

import re
from collections.abc import Mapping
from datetime import datetime, tzinfo
from itertools import islice
from typing import Final

from soc.kernel.errors import RecordError
from soc.model.event import Fields
from soc.parsing import moments
from soc.parsing.reading import Context, Reading
from soc.parsing.recognition import recognise_object

PAIR_LIMIT: Final = 2000
"""Pairs of one line; a kernel's EXECVE record has one for each argument."""
_START = re.compile(r"(?:<\d{1,3}>)?(?:node=\S{1,255} )?(?:type|date|devname|logver)=\S")
_PAIR = re.compile(
    # An unclosed quote takes the rest of the line: looking for its end again and again would cost n².
    r"""(?<![^\s'])([\w.-]{1,64})=(?:"([^"\\]*(?:\\.[^"\\]*)*)(?:"|\\?\Z)|'([^']*)(?:'|\Z)|([^\s"']*))""",
    re.DOTALL,
)
_AUDIT = re.compile(r"audit\((\d{1,12}(?:\.\d{1,3})?):(\d{1,20})\)")
_HEX = re.compile(r"(?:[0-9A-F]{2})+")
_HEX_TYPES = frozenset({"EXECVE", "PATH", "PROCTITLE", "CWD", "USER_CMD"})
_HEX_NAMES = re.compile(r"a\d+|proctitle|name|cwd|cmd")
_DIGITS = re.compile(r"-?[1-9]\d{0,17}|0")


def is_pairs(text: str) -> bool:
    """Return whether *text* begins like a line that ``read_pairs`` is for."""
    return _START.match(text) is not None


def read_pairs(text: str, context: Context) -> Reading:
    """Read one line of key=value pairs.

    Raises:
        RecordError: there is none.
    """
    pairs = _pairs(text)
    if not pairs:
        raise RecordError("no key=value pair")
    fields: Fields = {name: _value(pair) for name, pair in pairs.items()}
    audit = _AUDIT.search(text)
    if audit is not None:
        fields["audit_id"] = audit[2]
        if fields.get("type") in _HEX_TYPES:
            fields.update(_decoded(pairs))
    fields.setdefault("message", text)
    return Reading(
        fields=fields,
        logsources=recognise_object(context.sources, fields, context.source),
        at_ms=None if context.bare else _at_ms(fields, audit, context.zone),
    )


def _pairs(text: str) -> dict[str, re.Match[str]]:
    """Return the first pair of each name; the kernel's before what user space puts into ``msg='…'``."""
    outer = list(islice(_PAIR.finditer(text), PAIR_LIMIT))
    quoted = [pair[3] for pair in outer if pair[3] is not None]
    inner = [pair for part in quoted for pair in islice(_PAIR.finditer(part), PAIR_LIMIT)]
    pairs: dict[str, re.Match[str]] = {}
    for pair in [*outer, *inner]:
        pairs.setdefault(pair[1], pair)
    return pairs


def _value(pair: re.Match[str]) -> str | int:
    if pair[2] is not None:
        return pair[2].replace('\\"', '"') if "\\" in pair[2] else pair[2]
    if pair[3] is not None:
        return pair[3]
    return int(pair[4]) if _DIGITS.fullmatch(pair[4]) else pair[4]


def _decoded(pairs: Mapping[str, re.Match[str]]) -> Fields:
    """Return what is written in hexadecimal: never between quotes, or ``"4444"`` would be ``DD``."""
    return {
        name: bytes.fromhex(pair[4]).decode("utf-8", "replace").replace("\0", " ")
        for name, pair in pairs.items()
        if pair[4] is not None and _HEX_NAMES.fullmatch(name) and _HEX.fullmatch(pair[4])
    }


def _at_ms(fields: Fields, audit: re.Match[str] | None, zone: tzinfo) -> int | None:
    if audit is not None:
        return moments.from_value(audit[1], zone)
    stated = f"{fields.get('date')} {fields.get('time')}"
    try:
        return moments.usable(datetime.fromisoformat(stated + _offset(fields)), zone)
    except ValueError:
        return moments.first_of(fields, ("eventtime", "timestamp"), zone)


def _offset(fields: Fields) -> str:
    """Return FortiGate's ``tz="+0700"``, or nothing where there is none."""
    zone = fields.get("tz")
    return zone if isinstance(zone, str) else ""
