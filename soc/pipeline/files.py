"""Log files of any known kind → records, without a collector: what ``soc scan`` reads.

Kinds are recognised by content: EVTX, JSON (one object a line, objects in a row, arrays, CloudTrail's
``Records``), syslog and access logs as lines; each also in gzip or zstd.
"""

import io
import json
import re
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import zstandard
from evtx import PyEvtxParser

from soc.kernel.clock import iso_ms
from soc.kernel.errors import RecordError
from soc.kernel.ids import digest
from soc.model.record import Record
from soc.pipeline.unpacking import plain
from soc.wire.codec import MAX_RECORD_BYTES

SOURCE = "scan"
MAX_DOCUMENT_BYTES = 1 << 30
"""Largest file of JSON that is not one object a line (it is held in memory)."""


class Found(NamedTuple):
    """One record and where it stands."""

    number: int
    """EventRecordID for EVTX, else the line or element from 1."""
    raw: bytes
    format: str
    offset: int
    split: bool = False


@dataclass(frozen=True, slots=True)
class Reading:
    """How to read one file."""

    path: Path
    zone: str
    format: str | None
    """Name in the parser table; None = recognise."""


def find(paths: list[Path]) -> Iterator[Path]:
    """Yield the files at *paths*, folders walked in order of name; hidden ones are left out."""
    for path in paths:
        if not path.is_dir():
            yield path
            continue
        for inner in sorted(path.rglob("*")):
            hidden = any(part.startswith(".") for part in inner.relative_to(path).parts)
            if inner.is_file() and not hidden:
                yield inner


def shown(path: Path) -> str:
    """Return the name of *path* as text that can be written anywhere: what is not UTF-8 is escaped."""
    return bytes(path).decode("utf-8", "backslashreplace")


def record_of(found: Found, reading: Reading) -> Record:
    """Return *found* as a collector would have sent it; the file's modification is when it was read.

    Raises:
        RecordError: the file is gone.
    """
    try:
        modified_ms = int(reading.path.stat().st_mtime * 1000)
    except OSError as error:
        raise RecordError(f"{error.strerror} (while it was read)") from error
    return Record(
        source=SOURCE,
        format=found.format,
        raw=found.raw,
        read_at_ms=modified_ms,
        day=iso_ms(modified_ms)[:10],
        zone=reading.zone,
        fingerprint=digest("scan", str(reading.path)),
        offset=found.offset,
        split=found.split,
    )


def records(reading: Reading) -> Iterator[Found | RecordError]:
    """Yield each record of a file; a damaged one as an error, and then the next.

    Raises:
        RecordError: the file as a whole cannot be read.
    """
    try:
        if not stat.S_ISREG(reading.path.stat().st_mode):
            raise RecordError("not a regular file; save what it gives to one first")
        with reading.path.open("rb", buffering=_BUFFER_BYTES) as raw, plain(raw) as stream:
            head = stream.peek(_HEAD_BYTES)[:_HEAD_BYTES]
            yield from _by_kind(stream, head, reading.format)
    except (OSError, EOFError, zstandard.ZstdError) as error:
        raise RecordError(f"{getattr(error, 'strerror', None) or error}") from error


def _by_kind(stream: io.BufferedReader, head: bytes, given: str | None) -> Iterator[Found | RecordError]:
    if head.startswith(_EVTX_MAGIC):
        yield from _evtx(stream)
        return
    first = head.removeprefix(b"\xef\xbb\xbf").lstrip()[:1]
    if _ARRAY.match(head):
        yield from _documents(stream, given or "auto")
    elif first == b"{":
        by_line = _is_json(head.split(b"\n", 1)[0])
        read = _lines if by_line else _documents
        yield from read(stream, given or "auto")
    else:
        yield from _lines(stream, given or _format_of_lines(head))


def _lines(stream: io.BufferedReader, format_: str) -> Iterator[Found]:
    offset, number, whole = 0, 0, True
    while line := stream.readline(MAX_RECORD_BYTES):
        number += whole
        ended = line.endswith(b"\n")
        text = line.rstrip(b"\r\n")
        if text:
            split = not (whole and (ended or len(line) < MAX_RECORD_BYTES))
            yield Found(number, text, format_, offset, split)
        offset += len(line)
        whole = ended


def _documents(stream: io.BufferedReader, format_: str) -> Iterator[Found | RecordError]:
    data = stream.read(MAX_DOCUMENT_BYTES + 1)
    if len(data) > MAX_DOCUMENT_BYTES:
        raise RecordError(f"JSON that is not one object a line; accepted up to {MAX_DOCUMENT_BYTES} bytes")
    text = data.removeprefix(b"\xef\xbb\xbf").decode("utf-8", "replace")
    for number, (start, end) in enumerate(_elements(text), 1):
        if end < 0:
            yield RecordError(f"element {number}: not JSON at character {start}")
            return
        yield Found(number, text[start:end].encode(), format_, start)


def _elements(text: str) -> Iterator[tuple[int, int]]:
    """Yield (start, end) of each object, stepping into arrays and ``{"Records": […]}``; end -1 = broken."""
    position = _skip(text, 0)
    while position < len(text):
        envelope = _RECORDS.match(text, position)
        if text[position] == "[" or envelope:
            position = _skip(text, envelope.end() if envelope else position + 1)
            continue
        if text[position] in "]}":
            position = _skip(text, position + 1)
            continue
        try:
            _, end = _DECODER.raw_decode(text, position)
        except (ValueError, RecursionError):
            yield position, -1
            return
        yield position, end
        position = _skip(text, end)


def _skip(text: str, position: int) -> int:
    found = _BETWEEN.match(text, position)
    return found.end() if found else position


def _evtx(stream: io.BufferedReader) -> Iterator[Found | RecordError]:
    try:
        found = iter(PyEvtxParser(io.BytesIO(stream.read())).records_json())
    except (OSError, RuntimeError, ValueError) as error:
        raise RecordError(f"EVTX: {error}") from error
    while True:
        try:
            item = next(found)
        except StopIteration:
            return
        except (OSError, RuntimeError, ValueError) as error:
            yield RecordError(f"EVTX record: {error}")
            continue
        if item is None:
            continue
        number = int(item["event_record_id"])
        yield Found(number, item["data"].encode(), "evtx_json", number)


def _is_json(line: bytes) -> bool:
    try:
        json.loads(line)
    except (ValueError, RecursionError):
        return False
    return True


def _format_of_lines(head: bytes) -> str:
    return "access" if any(_LINE_OF_ACCESS.match(line) for line in head.split(b"\n")[:5]) else "auto"


_HEAD_BYTES = 64 << 10
_BUFFER_BYTES = 1 << 20
_EVTX_MAGIC = b"ElfFile\x00"
_LINE_OF_ACCESS = re.compile(rb'\S+ \S+ \S+ \[[^\]]{10,40}\] "')
_ARRAY = re.compile(rb"(?:\xef\xbb\xbf)?\s*\[\s*[\[{\]]")
_BETWEEN = re.compile(r"[\s,]*")
_RECORDS = re.compile(r'\{\s*"Records"\s*:\s*\[')
_DECODER = json.JSONDecoder()
