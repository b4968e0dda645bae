"""One Windows event: from the XML that the event log renders to the JSON that readers of its files give."""

from typing import Any
from xml.etree import ElementTree as ET

import msgspec

from soc.kernel.errors import RecordError

MAX_XML_CHARACTERS = 4 << 20
MAX_LEVELS = 32


def json_of(xml: str) -> bytes:
    """Return the event as ``{"Event": {"System": …, "EventData": …}}``.

    Raises:
        RecordError: no XML of an event.
    """
    if len(xml) > MAX_XML_CHARACTERS:
        raise RecordError(f"an event of {len(xml)} characters; accepted: {MAX_XML_CHARACTERS}")
    if "<!DOCTYPE" in xml:
        raise RecordError("an event with a document type; Windows renders none")
    try:
        root = ET.fromstring(xml)  # noqa: S314 - nothing expands without a document type
    except ET.ParseError as error:
        raise RecordError(f"XML of an event: {error}") from error
    if _name(root) != "Event":
        raise RecordError("XML of something else than an event")
    return msgspec.json.encode({"Event": {_name(section): _section(section) for section in root}})


def _section(section: ET.Element) -> Any:
    if _name(section) != "EventData":
        return _tree(section, 0)
    data: dict[str, Any] = {}
    for element in section:
        name = element.get("Name") or _name(element)
        _add(data, name, "".join(element.itertext()))
    return data


def _tree(element: ET.Element, level: int) -> Any:
    """Return a text, or an object of attributes and of what is inside."""
    if level > MAX_LEVELS:
        raise RecordError(f"an event of more than {MAX_LEVELS} levels")
    text = (element.text or "").strip()
    if not len(element) and not element.attrib:
        return text or None
    inside: dict[str, Any] = {}
    if element.attrib:
        inside["#attributes"] = {_plain(name): value for name, value in element.attrib.items()}
    if text:
        inside["#text"] = text
    for child in element:
        _add(inside, _name(child), _tree(child, level + 1))
    return inside


def _add(into: dict[str, Any], name: str, value: Any) -> None:
    """Put *value* in; what comes under one name more than once is a list."""
    if name not in into:
        into[name] = value
    elif isinstance(into[name], list):
        into[name].append(value)
    else:
        into[name] = [into[name], value]


def _name(element: ET.Element) -> str:
    return _plain(element.tag)


def _plain(name: str) -> str:
    return name.rpartition("}")[2]
