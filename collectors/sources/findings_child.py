"""Reader of one scanner export, run as a program: gives its findings as one JSON object each.

    findings_child FILE LAYOUT DIGEST…

A file whose digest was given is known and gives nothing. Every column and member keeps the scanner's name:
what they mean is the centre's business, so that it can be understood anew.
"""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

import msgspec

from collectors.sources.apart import limit_myself, write_identity, write_record, write_remark
from collectors.sources.export_csv import csv_rows
from collectors.sources.export_json import json_rows, sarif_rows
from collectors.sources.export_text import text_of
from soc.kernel.errors import RecordError
from soc.kernel.ids import digest

MAX_FILE_BYTES = 64 << 20


def main(arguments: list[str], out: BinaryIO) -> int:
    """Write items to *out*; return the exit status."""
    path, layout, *known = arguments
    try:
        data = _content(Path(path))
        identity = digest("export", data)
        write_identity(out, identity)
        if identity not in known:
            for number, row in enumerate(rows(text_of(data), layout), 1):
                write_record(out, number, msgspec.json.encode(row))
    except MemoryError:
        write_remark(out, "an export that takes too much memory; split it")
        return 1
    except (OSError, ValueError, RecursionError, RecordError) as error:
        write_remark(out, str(error))
        return 1
    return 0


def _content(path: Path) -> bytes:
    with path.open("rb") as stream:
        data = stream.read(MAX_FILE_BYTES + 1)
    if len(data) > MAX_FILE_BYTES:
        raise RecordError(f"an export of more than {MAX_FILE_BYTES >> 20} MiB; split it")
    return data


def rows(text: str, layout: str) -> Iterator[dict[str, Any]]:
    """Yield the findings in *text*, which is an export of this *layout*.

    Raises:
        RecordError: it is none.
    """
    begins = text.lstrip()[:1]
    if begins == "<":
        raise RecordError("XML; accepted: CSV, JSON, SARIF")
    if layout == "csv" or (layout == "auto" and begins not in ("{", "[")):
        return csv_rows(text)
    return sarif_rows(text) if layout == "sarif" else json_rows(text)


if __name__ == "__main__":
    limit_myself()
    with sys.stdout.buffer as pipe:
        status = main(sys.argv[1:], pipe)
    sys.exit(status)
