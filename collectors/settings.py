"""Settings of a collector: one TOML file, every fault of it said at once with its key path."""

import re
import tomllib
from collections import Counter
from pathlib import Path
from typing import Annotated, Any, TypeVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec
from msgspec import Meta

from soc.kernel.errors import ConfigError, shortened

Name = Annotated[str, Meta(pattern=r"^[a-z0-9][a-z0-9._-]{0,63}$")]
Gateway = Annotated[str, Meta(pattern=r"^https://[^/\s]+:[0-9]{1,5}$")]
Address = Annotated[str, Meta(pattern=r"^(\[[0-9A-Fa-f:]+\]|[^:\s]+):[0-9]{1,5}$")]
Words = Annotated[str, Meta(min_length=1)]


class Collector(msgspec.Struct, frozen=True):
    """Table ``[collector]``."""

    data_dir: Words
    """Spool and credential; relative to the settings file."""
    gateways: Annotated[list[Gateway], Meta(min_length=1)]
    """Addresses of the centre, tried in this order."""
    heartbeat_seconds: Annotated[int, Meta(ge=1, le=600)] = 30
    spool_mib: Annotated[int, Meta(ge=64)] = 4096
    """Most the spool may take."""
    disk_floor_mib: Annotated[int, Meta(ge=0)] = 512
    """Free space that the spool leaves on the disk."""


class TailSource(msgspec.Struct, frozen=True):
    """``[[source]]`` of kind ``tail``: files that grow."""

    id: Name
    format: Name
    paths: Annotated[list[Words], Meta(min_length=1)]
    """Patterns; ``**`` crosses folders. Relative to the settings file."""
    kind: str = "tail"
    zone: str = "Asia/Ho_Chi_Minh"


class _Listening(msgspec.Struct, frozen=True):
    id: Name
    listen: Address
    kind: str
    format: Name = "syslog"
    zone: str = "Asia/Ho_Chi_Minh"

    @property
    def address(self) -> tuple[str, int]:
        """Return host and port."""
        host, _, port = self.listen.rpartition(":")
        return host.strip("[]"), int(port)


class UdpSource(_Listening, frozen=True):
    """``[[source]]`` of kind ``syslog_udp``: datagrams."""


class TcpSource(_Listening, frozen=True):
    """``[[source]]`` of kind ``syslog_tcp``: lines and octet-counted messages."""


AnySource = TailSource | UdpSource | TcpSource


class Settings(msgspec.Struct, frozen=True):
    """The whole file, its paths absolute."""

    collector: Collector
    sources: tuple[AnySource, ...]
    data_dir: Path

    @property
    def credential_dir(self) -> Path:
        """Return where key, certificate and origin lie."""
        return self.data_dir / "credential"

    @property
    def spool_dir(self) -> Path:
        """Return where the journal lies."""
        return self.data_dir / "spool"


MAX_PORT = 65_535
KINDS: dict[str, type[AnySource]] = {
    "tail": TailSource,
    "syslog_udp": UdpSource,
    "syslog_tcp": TcpSource,
}


def load(path: Path) -> Settings:
    """Return the settings in *path*.

    Raises:
        ConfigError: every fault, one a line: key path, value, what would be accepted.
    """
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: {error}") from error
    faults: list[str] = [f"{key}: unknown; accepted: collector, source" for key in raw.keys() - _TABLES]
    collector = _table(raw.get("collector"), Collector, "collector", faults)
    sources = _sources(raw.get("source"), faults)
    if faults or collector is None:
        raise ConfigError("\n".join(f"{path}: {fault}" for fault in faults))
    folder = path.resolve().parent
    return Settings(
        collector,
        tuple(_anchored(source, folder) for source in sources),
        folder / collector.data_dir,
    )


_TABLES = {"collector", "source"}
T = TypeVar("T", bound=msgspec.Struct)


def _sources(raw: Any, faults: list[str]) -> list[AnySource]:
    if not isinstance(raw, list) or not raw:
        faults.append("source: at least one [[source]] is needed")
        return []
    found: list[AnySource] = []
    for number, table in enumerate(raw):
        where = f"source.{number}"
        kind = table.get("kind") if isinstance(table, dict) else None
        if kind not in KINDS:
            faults.append(f"{where}.kind: {shortened(kind)}; accepted: {', '.join(KINDS)}")
            continue
        source = _table(table, KINDS[kind], where, faults)
        if source is not None:
            found.append(source)
            faults += _faults_of(source, where)
    counts = Counter(source.id for source in found)
    faults += [f"source: id {id_!r} is given {n} times" for id_, n in counts.items() if n > 1]
    return found


def _table(raw: Any, kind: type[T], where: str, faults: list[str]) -> T | None:
    """Return the table as *kind*; each of its keys is judged by itself, so that no fault hides another."""
    if not isinstance(raw, dict):
        faults.append(f"{where}: a table is needed")
        return None
    fields = {field.name: field for field in msgspec.structs.fields(kind)}
    before = len(faults)
    faults += [f"{where}.{key}: unknown; accepted: {', '.join(fields)}" for key in raw.keys() - fields]
    values: dict[str, Any] = {}
    for name, field in fields.items():
        if name in raw:
            try:
                values[name] = msgspec.convert(raw[name], type=field.type)
            except msgspec.ValidationError as error:
                faults.append(f"{where}.{name}: {_said(error)}; got {shortened(raw[name])}")
        elif field.required:
            faults.append(f"{where}.{name}: missing")
    return kind(**values) if len(faults) == before else None


def _said(error: msgspec.ValidationError) -> str:
    """Return the error with the place inside the value, if it has one."""
    return re.sub(r" - at `\$(.*)`$", lambda match: f" at {match[1]}" if match[1] else "", str(error))


def _faults_of(source: AnySource, where: str) -> list[str]:
    faults: list[str] = []
    try:
        ZoneInfo(source.zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        faults.append(f"{where}.zone: {shortened(source.zone)}; accepted: IANA names as Asia/Ho_Chi_Minh")
    if isinstance(source, _Listening) and not 0 < source.address[1] <= MAX_PORT:
        faults.append(f"{where}.listen: port {source.address[1]}; accepted: 1 to {MAX_PORT}")
    return faults


def _anchored(source: AnySource, folder: Path) -> AnySource:
    if isinstance(source, TailSource):
        return msgspec.structs.replace(source, paths=[str(folder / pattern) for pattern in source.paths])
    return source
