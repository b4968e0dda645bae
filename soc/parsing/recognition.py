"""Recognising the log source of a JSON object by the fields it has."""

import re

import msgspec

from soc.model.event import Fields, LogSource
from soc.parsing.mapping import Sources
from soc.parsing.tables import Addition, Recogniser

_WORD = re.compile(r"[a-z0-9_]+")


def recognise_object(sources: Sources, record: Fields, source: str) -> tuple[LogSource, ...]:
    """Return the log sources of a JSON object; empty if no recogniser fits.

    *source* is the record's source id: where the object does not name its log, a word of it may.
    """
    for recogniser in sources.recognisers:
        if all(name in record for name in recogniser.has) and _equal(recogniser.equals, record):
            return _added(sources, _with_service(recogniser, record, source))
    return ()


def _with_service(recogniser: Recogniser, record: Fields, source: str) -> tuple[LogSource, ...]:
    service = record.get(recogniser.service_from) if recogniser.service_from else None
    if not isinstance(service, str):
        words = _WORD.findall(source.lower()) if recogniser.services_in_source else ()
        service = next((word for word in words if word in recogniser.services_in_source), None)
    if service is None:
        return recogniser.logsources
    return tuple(msgspec.structs.replace(found, service=service.lower()) for found in recogniser.logsources)


def _added(sources: Sources, found: tuple[LogSource, ...]) -> tuple[LogSource, ...]:
    return tuple(
        msgspec.structs.replace(logsource, category=addition.category)
        if (addition := _addition(sources, logsource))
        else logsource
        for logsource in found
    )


def _addition(sources: Sources, logsource: LogSource) -> Addition | None:
    return next((addition for addition in sources.additions if addition.of.covers(logsource)), None)


def _equal(wanted: dict[str, str | tuple[str, ...]], record: Fields) -> bool:
    for name, choices in wanted.items():
        value = record.get(name)
        texts = (choices,) if isinstance(choices, str) else choices
        if not isinstance(value, str) or value.lower() not in {text.lower() for text in texts}:
            return False
    return True
