"""Commands that look into the spool: read-only, also while the collector runs."""

import sys
from collections.abc import Iterator
from pathlib import Path

import click
import msgspec

from collectors.command import config_option, plainly
from collectors.settings import load
from soc.kernel.clock import iso_ms
from soc.model.record import Record
from soc.spool.inventory import Lying, contents, verify
from soc.spool.refused import read_refused


class Exported(msgspec.Struct, omit_defaults=True):
    """One line of an export."""

    seq: int
    source: str
    format: str
    read_at: str
    text: str = ""
    base64: bytes = b""
    """Instead of ``text`` where the bytes are no UTF-8."""
    refused: str = ""
    """Why no centre took it, of a record that was set aside."""


@click.group()
def spool() -> None:
    """Look at what is kept on this machine.

    \b
    soc-collector spool list
    soc-collector spool verify
    soc-collector spool export > records.ndjson
    """  # noqa: D301 - click wants the character


@spool.command("list")
@config_option
@plainly
def list_(config_path: Path) -> None:
    """Show each segment: numbers, records, declared gaps, bytes, and whether it is delivered."""
    report = verify(load(config_path).spool_dir)
    for segment in report.segments:
        click.echo(_line(segment, report.acked_seq))
    click.echo(
        f"{len(report.segments)} segments; {report.next_seq - report.acked_seq} numbers are not delivered"
    )


@spool.command("verify")
@config_option
@plainly
def verify_(config_path: Path) -> None:
    """Read everything; exit status 1 if anything that should be delivered is missing or damaged."""
    folder = load(config_path).spool_dir
    report = verify(folder)
    for segment in report.segments:
        if segment.odd_bytes:
            click.echo(f"{segment.path.name}: {segment.odd_bytes} bytes are no whole frame")
    for first, last in report.missing:
        click.echo(f"missing: {first} to {last}; the centre will be told")
    click.echo(
        f"spool {report.spool or 'without id'}: "
        f"{report.acked_seq} to {report.next_seq - 1} are to be delivered"
    )
    click.echo(f"{report.refused} records set aside, {report.quarantined} damaged segments kept")
    if not report.sound:
        raise click.ClickException(f"{folder} is damaged")


@spool.command()
@config_option
@click.option(
    "--from", "from_seq", type=click.IntRange(1), default=1, show_default=True, help="First number."
)
@click.option("--refused", is_flag=True, help="Instead: the records that no centre took.")
@plainly
def export(config_path: Path, from_seq: int, *, refused: bool) -> None:
    """Write the records as JSON lines to standard output; delivered ones too, as long as they are kept."""
    folder = load(config_path).spool_dir
    encoder = msgspec.json.Encoder()
    for item in _refused(folder) if refused else _kept(folder, from_seq):
        sys.stdout.buffer.write(encoder.encode(item) + b"\n")
    sys.stdout.buffer.flush()


def _line(segment: Lying, acked_seq: int) -> str:
    if segment.end_seq <= acked_seq:
        state = "delivered"
    else:
        state = "waiting" if segment.first_seq >= acked_seq else "partly delivered"
    return (
        f"{segment.path.name}  {segment.first_seq}–{segment.end_seq - 1}  "
        f"{segment.records} records, {segment.declared} declared gaps, {segment.size} bytes, {state}"
    )


def _kept(folder: Path, from_seq: int) -> Iterator[Exported]:
    return (_exported(seq, record, "") for seq, record in contents(folder, from_seq))


def _refused(folder: Path) -> Iterator[Exported]:
    for aside in read_refused(folder):
        if aside.record is not None:
            yield _exported(aside.gap.first_seq, aside.record, aside.gap.why)


def _exported(seq: int, record: Record, why: str) -> Exported:
    exported = Exported(seq, record.source, record.format, iso_ms(record.read_at_ms), refused=why)
    try:
        exported.text = record.raw.decode()
    except UnicodeDecodeError:
        exported.base64 = record.raw
    return exported
