"""Recognising log sources: of a JSON object by its fields, and the categories that a log source brings."""

import re
from functools import lru_cache

import msgspec

from soc.model.event import Fields, LogSource
from soc.parsing.mapping import Sources
from soc.parsing.reading import Reading
from soc.parsing.tables import Recogniser

_LONGEST_SERVICE = 64
"""Characters; a sender may write anything, and what is longer is not remembered."""
_WORD = re.compile(r"[a-z0-9_]+")


def recognise_object(sources: Sources, record: Fields, source: str) -> tuple[LogSource, ...]:
    """Return the log sources of a JSON object; empty if no recogniser fits.

    *source* is the record's source id: where the object does not name its log, a word of it may.
    """
    for recogniser in sources.recognisers:
        for name in recogniser.has:
            if name not in record:
                break
        else:
            if not recogniser.equals or _equal(recogniser.equals, record):
                return _with_service(recogniser, record, source)
    return ()


def widen(sources: Sources, reading: Reading) -> None:
    """Add to *reading* the categories that its log sources bring, and their field names.

    A field that the record has itself is never replaced.
    """
    additions, fields = sources.additions, reading.fields
    if additions.keys().isdisjoint(reading.logsources):
        return
    widened = []
    for logsource in reading.logsources:
        addition = additions.get(logsource)
        if addition is None:
            widened.append(logsource)
            continue
        widened.append(addition.widened)
        for alias, name in addition.aliases.items():
            if name in fields and alias not in fields:
                fields[alias] = fields[name]
    reading.logsources = tuple(widened)


def _with_service(recogniser: Recogniser, record: Fields, source: str) -> tuple[LogSource, ...]:
    service = record.get(recogniser.service_from) if recogniser.service_from else None
    if not isinstance(service, str):
        words = _WORD.findall(source.lower()) if recogniser.services_in_source else ()
        service = next((word for word in words if word in recogniser.services_in_source), None)
    if service is None:
        return recogniser.logsources
    of_service = _of_service if len(service) > _LONGEST_SERVICE else _of_known_service
    return of_service(recogniser.logsources, service)


def _of_service(logsources: tuple[LogSource, ...], service: str) -> tuple[LogSource, ...]:
    return tuple(msgspec.structs.replace(found, service=service.lower()) for found in logsources)


_of_known_service = lru_cache(maxsize=256)(_of_service)


def _equal(wanted: dict[str, str | tuple[str, ...]], record: Fields) -> bool:
    for name, choices in wanted.items():
        value = _walk(record, name)
        texts = (choices,) if isinstance(choices, str) else choices
        if not isinstance(value, str) or value.lower() not in {text.lower() for text in texts}:
            return False
    return True


def _walk(record: Fields, name: str) -> object:
    """Return the field *name*, under its literal name or through objects; None if there is none."""
    if name in record:
        return record[name]
    value: object = record
    for part in name.split("."):
        value = value.get(part) if isinstance(value, dict) else None
    return value
