"""Opening: from the settings of a source to the source itself."""

from collections.abc import Mapping
from datetime import timedelta
from typing import assert_never

from collectors.cutting import Manner
from collectors.reading import Source, Stamp
from collectors.source_settings import (
    AnySource,
    EvtxSource,
    FindingsSource,
    PushSource,
    TailSource,
    TcpSource,
    TlsSource,
    UdpSource,
    WindowsSource,
)
from collectors.sources.evtx import EvtxFolder
from collectors.sources.findings import FindingsFolder
from collectors.sources.listening import listen_tcp, listen_udp
from collectors.sources.push import HttpPush
from collectors.sources.syslog import SyslogUdp
from collectors.sources.syslog_tcp import SyslogTcp
from collectors.sources.syslog_tls import server_tls
from collectors.sources.tail import Tail
from collectors.sources.windows import EventLog, WindowsLog
from soc.kernel.clock import Clock
from soc.kernel.errors import ConfigError
from soc.kernel.logs import Log


def open_source(
    settings: AnySource, states: Mapping[str, bytes], clock: Clock, log: Log, floor_bytes: int = 0
) -> Source:
    """Return the source, where it left off or bound to its address.

    Args:
        settings: Of this source.
        states: Of all sources, as the spool kept them.
        clock: The machine's, set right.
        log: Where trouble is said.
        floor_bytes: Free disk space below which deleted files are not held open for their rest.

    Raises:
        ConfigError: the address cannot be listened on, or this collector has no source of that kind.
    """
    stamp = Stamp(settings.id, settings.format, settings.zone, clock)
    match settings:
        case TailSource() | EvtxSource() | FindingsSource() | WindowsSource():
            source = _resuming(settings, stamp, log, floor_bytes)
            source.resume(states)
            return source
        case UdpSource():
            return SyslogUdp(listen_udp(*settings.address), stamp)
        case TcpSource():
            return SyslogTcp(listen_tcp(*settings.address), stamp)
        case TlsSource():
            tls = server_tls(settings.certificate, settings.key, settings.client_ca)
            return SyslogTcp(listen_tcp(*settings.address), stamp, tls=tls)
        case PushSource():
            return HttpPush(listen_tcp(*settings.address), stamp)
        case _:
            assert_never(settings)


def _resuming(
    settings: TailSource | EvtxSource | FindingsSource | WindowsSource,
    stamp: Stamp,
    log: Log,
    floor_bytes: int,
) -> Tail | EvtxFolder | FindingsFolder | WindowsLog:
    match settings:
        case TailSource():
            return Tail(tuple(settings.paths), stamp, log, _manner(settings, floor_bytes))
        case EvtxSource():
            return EvtxFolder(tuple(settings.paths), stamp, log)
        case FindingsSource():
            return FindingsFolder(settings.folder, settings.layout, stamp, log)
        case WindowsSource():
            return WindowsLog(tuple(settings.channels), stamp, log, _event_log(settings.id))
        case _:
            assert_never(settings)


def _event_log(source: str) -> EventLog:
    try:
        from collectors.sources.windows_api import WindowsEventLog  # noqa: PLC0415 - Windows only
    except ImportError as error:
        raise ConfigError(
            f"source {source}: the live event log needs Windows and the extra: pip install 'soc[windows]'"
        ) from error
    return WindowsEventLog()


def _manner(settings: TailSource, floor_bytes: int) -> Manner:
    return Manner(
        encoding=settings.encoding,
        begins=settings.begins,
        patience=timedelta(seconds=settings.multiline_seconds),
        compressed=settings.compressed,
        floor_bytes=floor_bytes,
    )
