"""``soc ledger``: check the chain of facts, and read its end; opens the file read-only."""

import asyncio
import sys
from collections import deque
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import click
import msgspec

from soc.kernel.clock import SystemClock, iso_ms
from soc.kernel.errors import SocError
from soc.ledger.fact import Fact
from soc.ledger.fold import REDACTED, ChainState, follow
from soc.ledger.states import opened
from soc.pipeline.recorder import LEDGER
from soc.ports.log import Log
from soc.stores.sqlite_log import SqliteLog

FILE = "ledger.db"
POLL = timedelta(seconds=1)

_data_dir = click.option(
    "--data-dir",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    required=True,
    help="The centre's data folder (data_dir in its settings).",
)


@click.group()
def ledger() -> None:
    """Facts: whatever people, playbooks and the machine decided."""


@ledger.command()
@_data_dir
def verify(data_dir: Path) -> None:
    """Read every entry and check the chain, every payload and every erasure."""
    with _opened(data_dir) as log:
        found = asyncio.run(_verify(log))
    click.echo(f"{found.chain.next_n} entries, {found.facts} facts, {len(found.erased)} erased")
    click.echo(f"head {found.chain.link}")
    for n, part in sorted(found.redacted - found.erased):
        click.echo(f"entry {n}, fact {part}: redacted, but its payload is still there", err=True)
    for n, part in sorted(found.erased - found.redacted):
        click.echo(f"entry {n}, fact {part}: its payload is gone, and no fact says why", err=True)
    if found.redacted != found.erased:
        sys.exit(1)


@ledger.command()
@_data_dir
@click.option("-n", "count", default=20, show_default=True, type=click.IntRange(0, 100_000), help="Facts.")
@click.option("--follow", "following", is_flag=True, help="Go on as facts are written.")
def tail(data_dir: Path, count: int, *, following: bool) -> None:
    """Print the newest facts as JSON, one a line."""
    with _opened(data_dir) as log:
        asyncio.run(_tail(log, count, following=following))


@dataclass(slots=True)
class _Found:
    """What a reading of the whole ledger saw."""

    chain: ChainState = field(default_factory=ChainState)
    facts: int = 0
    erased: set[tuple[int, int]] = field(default_factory=set)
    redacted: set[tuple[int, int]] = field(default_factory=set)


@contextmanager
def _opened(data_dir: Path) -> Iterator[SqliteLog]:
    path = data_dir / FILE
    if not path.is_file():
        raise click.ClickException(f"{path} does not exist; the centre has not run here yet")
    try:
        log = SqliteLog.open(path, read_only=True)
        try:
            yield log
        finally:
            log.close()
    except SocError as error:
        raise click.ClickException(str(error)) from error


async def _verify(log: Log) -> _Found:
    found = _Found()
    async for record in log.read(LEDGER, 0):
        head, facts = opened(record.head, record.parts)
        follow(found.chain, record.n, record.head, head)
        found.facts += len(facts)
        for part, fact in enumerate(facts):
            if fact.payload is None:
                found.erased.add((record.n, part))
            elif fact.type == REDACTED:
                found.redacted.add((fact.payload["n"], fact.payload["part"]))
    return found


async def _tail(log: Log, count: int, *, following: bool) -> None:
    length = sum(end.length for end in await log.streams(LEDGER) if end.name == LEDGER)
    # An entry holds at least one fact: the last *count* entries hold the last *count* facts.
    next_n = max(0, length - count)
    newest: deque[str] = deque(maxlen=count)
    async for n, line in _lines(log, next_n):
        next_n = n + 1
        newest.append(line)
    for line in newest:
        click.echo(line)
    clock = SystemClock()
    while following:
        await clock.sleep(POLL)
        async for n, line in _lines(log, next_n):
            next_n = n + 1
            click.echo(line)


async def _lines(log: Log, start: int) -> AsyncIterator[tuple[int, str]]:
    async for record in log.read(LEDGER, start):
        for part, fact in enumerate(opened(record.head, record.parts)[1]):
            yield record.n, _line(record.n, part, fact)


def _line(n: int, part: int, fact: Fact) -> str:
    told = {"n": n, "part": part, "at": iso_ms(fact.at_ms), **msgspec.to_builtins(fact)}
    del told["at_ms"]
    return msgspec.json.encode(told).decode()
