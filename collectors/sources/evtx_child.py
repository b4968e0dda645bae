"""Reader of one EVTX file, run as a program: gives the records behind those that were read before.

    evtx_child FILE NUMBER:DIGEST…

Each NUMBER:DIGEST marks a record that was the last one read, in this file or in another. The newest of
them that the file holds says where to go on; a file that holds none of them (new, cleared, copied over) is
read from its start. Records are given by rising number, also where the log wrapped around.
"""

import sys
from collections.abc import Iterator
from typing import BinaryIO, NamedTuple

from evtx import PyEvtxParser

from collectors.sources.apart import limit_myself, write_record, write_remark
from collectors.sources.marks import mark_of

MAX_REMARKS = 5
"""On single records; the others are only counted."""


class Found(NamedTuple):
    """A record that could be read."""

    number: int
    """Of this file: not what the machine that wrote the event counted."""
    text: str

    @property
    def raw(self) -> bytes:
        """Return its bytes."""
        return self.text.encode("utf-8", "replace")


def main(arguments: list[str], out: BinaryIO) -> int:
    """Write items to *out*; return the exit status."""
    path, *texts = arguments
    marks = {(int(number), mark) for number, _, mark in (text.partition(":") for text in texts)}
    try:
        survey = _survey(path, marks)
        for low, high in survey.sweeps():
            for found in _records(path, []):
                if low < found.number <= high:
                    write_record(out, found.number, found.raw)
    except (OSError, RuntimeError, ValueError, MemoryError) as error:
        write_remark(out, f"EVTX: {type(error).__name__}: {error}")
        return 1
    for remark in survey.remarks[:MAX_REMARKS]:
        write_remark(out, f"EVTX record: {remark}")
    if len(survey.remarks) > MAX_REMARKS:
        write_remark(out, f"EVTX: {len(survey.remarks)} records could not be read")
    return 0


class Survey(NamedTuple):
    """What a first look at a file tells."""

    read: int
    """Number of the newest record that was read before; 0: none."""
    first: int
    """Number of the record that comes first in the file."""
    lowest: int
    highest: int
    remarks: list[str]

    def sweeps(self) -> Iterator[tuple[int, int]]:
        """Yield (above, up to) for each time through the file; older records first."""
        if self.lowest < self.first:
            yield self.read, self.first - 1
            yield max(self.read, self.first - 1), self.highest
        else:
            yield self.read, self.highest


def _survey(path: str, marks: set[tuple[int, str]]) -> Survey:
    numbers = {number for number, _ in marks}
    remarks: list[str] = []
    read = first = lowest = highest = 0
    for found in _records(path, remarks):
        first = first or found.number
        lowest = min(lowest or found.number, found.number)
        highest = max(highest, found.number)
        if found.number in numbers and (found.number, mark_of(found.number, found.raw)) in marks:
            read = max(read, found.number)
    return Survey(read, first, lowest, highest, remarks)


def _records(path: str, remarks: list[str]) -> Iterator[Found]:
    items = iter(PyEvtxParser(path, number_of_threads=1).records_json())
    while True:
        try:
            item = next(items)
        except StopIteration:
            return
        except (OSError, RuntimeError, ValueError) as error:
            remarks.append(str(error))
            continue
        if item is not None:
            yield Found(int(item["event_record_id"]), item["data"])


if __name__ == "__main__":
    limit_myself()
    with sys.stdout.buffer as pipe:
        status = main(sys.argv[1:], pipe)
    sys.exit(status)
