"""Settings of sources: what each kind of ``[[source]]`` may say."""

from pathlib import Path
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from collectors.setting_types import Address, Loopback, Name, Pattern, Words, Zone, address

Overflow = Literal["block", "shed"]


class _Source(msgspec.Struct, frozen=True, kw_only=True):
    id: Name
    kind: str
    format: str
    """Name in the centre's parser table."""
    zone: Zone = "Asia/Ho_Chi_Minh"
    """IANA zone for times without one."""
    overflow: Overflow = "block"
    """While the spool is full: leave it with the source, or let it go and declare it."""
    priority: Annotated[int, Meta(ge=0, le=9)] = 5
    """Of sources that shed, the lowest sheds first."""


class TailSource(_Source, frozen=True, kw_only=True):
    """``[[source]]`` of kind ``tail``: files that grow."""

    format: Name
    paths: Annotated[list[Words], Meta(min_length=1)]
    """Patterns; ``**`` crosses folders. Relative to the settings file."""
    encoding: Literal["auto", "utf-8", "utf-16", "cp1258"] = "auto"
    """``auto``: UTF-16 by its byte order mark, else UTF-8."""
    begins: Pattern = ""
    """Regular expression that finds something in the first line of each event; empty: a line is an event."""
    multiline_seconds: Annotated[int, Meta(ge=1, le=300)] = 5
    """Silence after which an event of several lines is taken as whole."""
    compressed: bool = True
    """Read rotated ``.gz`` files."""


class _Listening(_Source, frozen=True, kw_only=True):
    listen: Address
    format: Name = "syslog"

    @property
    def address(self) -> tuple[str, int]:
        """Return host and port."""
        return address(self.listen)


class UdpSource(_Listening, frozen=True, kw_only=True):
    """``[[source]]`` of kind ``syslog_udp``: datagrams."""

    overflow: Overflow = "shed"


class TcpSource(_Listening, frozen=True, kw_only=True):
    """``[[source]]`` of kind ``syslog_tcp``: lines and octet-counted messages."""


class TlsSource(_Listening, frozen=True, kw_only=True):
    """``[[source]]`` of kind ``syslog_tls``: the same inside TLS."""

    certificate: Words
    """PEM chain that devices are shown; relative to the settings file, as are the other two."""
    key: Words
    client_ca: str = ""
    """CA that devices' certificates must come from; empty: none is asked for."""


class PushSource(_Listening, frozen=True, kw_only=True):
    """``[[source]]`` of kind ``http_push``: NDJSON posted by programs on the same machine."""

    listen: Loopback
    format: Name = "json"


class EvtxSource(_Source, frozen=True, kw_only=True):
    """``[[source]]`` of kind ``evtx``: new records of live or copied Windows logs."""

    format: Literal["evtx_json"] = "evtx_json"
    paths: Annotated[list[Words], Meta(min_length=1)]
    """Patterns, as of ``tail``."""


class FindingsSource(_Source, frozen=True, kw_only=True):
    """``[[source]]`` of kind ``findings``: a folder that scanners' exports are dropped into."""

    format: Literal["finding"] = "finding"
    folder: Words
    """Relative to the settings file; nothing in it is moved or deleted."""
    layout: Literal["auto", "csv", "json", "sarif"] = "auto"
    """Of the exports; ``auto``: by what each file looks like."""


class WindowsSource(_Source, frozen=True, kw_only=True):
    """``[[source]]`` of kind ``windows``: live channels of this machine's event log."""

    format: Name = "windows_json"
    channels: Annotated[list[Words], Meta(min_length=1)]


AnySource = (
    TailSource | UdpSource | TcpSource | TlsSource | PushSource | EvtxSource | FindingsSource | WindowsSource
)
KINDS: dict[str, type[AnySource]] = {
    "tail": TailSource,
    "syslog_udp": UdpSource,
    "syslog_tcp": TcpSource,
    "syslog_tls": TlsSource,
    "http_push": PushSource,
    "evtx": EvtxSource,
    "findings": FindingsSource,
    "windows": WindowsSource,
}


def place_of(source: AnySource) -> tuple[str, str] | None:
    """Return protocol and address that *source* takes for itself, if it listens at all."""
    match source:
        case UdpSource():
            return "udp", source.listen
        case TcpSource() | TlsSource() | PushSource():
            return "tcp", source.listen
        case _:
            return None


def anchored(source: AnySource, folder: Path) -> AnySource:
    """Return *source* with its paths counted from *folder*."""

    def at(path: str) -> str:
        return str(folder / path) if path else ""

    match source:
        case TailSource() | EvtxSource():
            return msgspec.structs.replace(source, paths=[at(pattern) for pattern in source.paths])
        case TlsSource():
            return msgspec.structs.replace(
                source,
                certificate=at(source.certificate),
                key=at(source.key),
                client_ca=at(source.client_ca),
            )
        case FindingsSource():
            return msgspec.structs.replace(source, folder=at(source.folder))
        case _:
            return source
