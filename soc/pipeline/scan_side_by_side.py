"""Files scanned side by side by forked processes; hits come in the order of the files all the same.

A process takes the next file when it is done with one, and answers with what it found as data: the rules
stay where they are, shared by the fork.
"""

import multiprocessing
import os
import signal
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from multiprocessing.context import ForkProcess
from multiprocessing.sharedctypes import Synchronized
from pathlib import Path
from threading import Thread
from typing import Final

import msgspec

from soc.detection.scanner import Made
from soc.kernel.errors import SocError
from soc.model.signal import Signal
from soc.pipeline.files import shown
from soc.pipeline.intake import Understanding
from soc.pipeline.scan import Hit, Manner, Place, Tally, scan_file
from soc.rulebook.plan import RulePlan

_CONTEXT: Final = multiprocessing.get_context("fork")


class _Sent(msgspec.Struct, frozen=True):
    """A hit as it goes from process to process."""

    place: Place
    signal: Signal


class _Compiled(msgspec.Struct, frozen=True, tag="compiled"):
    """Databases that a process had to compile, so that they can be kept."""

    made: Made


class _Answer(msgspec.Struct, frozen=True, tag="answer"):
    """What one file gave."""

    file: int
    hits: tuple[_Sent, ...]
    tally: Tally


class WorkerLost(SocError):
    """A scanning process ended before its file did; running short of memory is the usual reason."""


def scan_files(
    files: Sequence[Path], reading: Understanding, manner: Manner, tally: Tally, *, jobs: int
) -> Iterator[tuple[Path, Iterable[Hit]]]:
    """Yield each of *files* with its hits, in order, *jobs* of them read at a time.

    Raises:
        WorkerLost: a process ended before its file did.
    """
    if min(jobs, len(files)) <= 1:
        yield from ((path, scan_file(path, reading, manner, tally)) for path in files)
        return
    taken = _CONTEXT.Value("L", 0)
    work = _Work(files, reading, manner, taken)
    workers: list[tuple[ForkProcess, Connection]] = []
    rules = {rule.id: rule for rule in reading.engine.rules}
    waiting: dict[int, _Answer] = {}
    try:
        workers.extend(_start(work) for _ in range(min(jobs, len(files))))
        answers = _answers([connection for _, connection in workers], reading.engine.databases.made)
        for number, path in enumerate(files):
            while number not in waiting:
                answer = next(answers, None)
                if answer is None:
                    raise WorkerLost(f"a scanning process ended before it was done with {shown(path)}")
                waiting[answer.file] = answer
            answer = waiting.pop(number)
            tally.add(answer.tally)
            yield path, [_hit(sent, rules) for sent in answer.hits]
        deque(answers, maxlen=0)  # until the processes have said what they compiled
    finally:
        for process, connection in workers:
            connection.close()
            process.terminate()
            process.join()


@dataclass(frozen=True, slots=True)
class _Work:
    """What a forked process needs."""

    files: Sequence[Path]
    reading: Understanding
    manner: Manner
    taken: "Synchronized[int]"
    """How many of the files are taken."""

    def do(self, answers: Connection) -> None:
        """Scan file after file until none is left."""
        # The parent ends its children: a Ctrl-C reaches both, and is told once.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        Thread(target=_end_with_the_parent, daemon=True).start()
        known = set(self.reading.engine.databases.made)
        while (number := self._take()) < len(self.files):
            tally = Tally()
            hits = scan_file(self.files[number], self.reading, self.manner, tally)
            sent = tuple(_Sent(hit.place, hit.signal) for hit in hits)
            answers.send_bytes(msgspec.msgpack.encode(_Answer(number, sent, tally)))
        made = self.reading.engine.databases.made
        fresh = {key: made[key] for key in made.keys() - known}
        answers.send_bytes(msgspec.msgpack.encode(_Compiled(fresh)))

    def _take(self) -> int:
        with self.taken.get_lock():
            number = self.taken.value
            self.taken.value += 1
        return number


def _end_with_the_parent() -> None:
    """End this process as soon as its parent is gone: nobody is left to take its answers."""
    parent = multiprocessing.parent_process()
    assert parent is not None
    parent.join()
    os._exit(1)


def _start(work: _Work) -> tuple[ForkProcess, Connection]:
    ours, theirs = _CONTEXT.Pipe(duplex=False)
    process = _CONTEXT.Process(target=work.do, args=(theirs,), daemon=True)
    process.start()
    theirs.close()
    return process, ours


def _answers(connections: list[Connection], made: Made) -> Iterator[_Answer]:
    """Yield answers as they come, until every process has closed its end; add what was compiled to *made*."""
    decode = msgspec.msgpack.Decoder(_Answer | _Compiled).decode
    open_ = list(connections)
    while open_:
        for connection in wait(open_):
            assert isinstance(connection, Connection)
            try:
                answer = decode(connection.recv_bytes())
            except (EOFError, OSError):  # the latter: it ended in the middle of an answer
                open_.remove(connection)
                continue
            if isinstance(answer, _Compiled):
                made.update(answer.made)
            else:
                yield answer


def _hit(sent: _Sent, rules: Mapping[str, RulePlan]) -> Hit:
    return Hit(rules[sent.signal.rule_id], sent.place, sent.signal)
