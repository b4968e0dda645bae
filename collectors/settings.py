"""Settings of a collector: one TOML file, every fault of it said at once with its key path."""

import re
import tomllib
from collections import Counter
from pathlib import Path
from typing import Annotated, Any, TypeVar
from zoneinfo import ZoneInfo

import msgspec
from msgspec import Meta

from collectors.office import Office, days, hours
from collectors.setting_types import (
    Gateways,
    Metrics,
    OfficeDays,
    OfficeHours,
    Words,
    Zone,
    converted,
    loopback,
)
from collectors.source_settings import KINDS, AnySource, anchored, place_of
from soc.kernel.errors import ConfigError, shortened

MOST_MIB = 1 << 24
KilobitsPerSecond = Annotated[int, Meta(ge=0, le=100_000_000)]


class Collector(msgspec.Struct, frozen=True):
    """Table ``[collector]``."""

    data_dir: Words
    """Spool and credential; relative to the settings file."""
    gateways: Gateways
    """Addresses of the centre, tried in this order."""
    heartbeat_seconds: Annotated[int, Meta(ge=1, le=600)] = 30
    spool_mib: Annotated[int, Meta(ge=64, le=MOST_MIB)] = 4096
    """Most the spool may take."""
    disk_floor_mib: Annotated[int, Meta(ge=0, le=MOST_MIB)] = 512
    """Free space that the spool leaves on the disk."""
    keep_hours: Annotated[int, Meta(ge=0, le=720)] = 24
    """How long delivered records are kept, so that a restored centre can ask for them again."""
    in_flight: Annotated[int, Meta(ge=1, le=4)] = 4
    """Batches under way at once."""
    bandwidth_kbit_s: KilobitsPerSecond = 0
    """Most that batches take of the line; 0: no limit."""
    office_kbit_s: KilobitsPerSecond = 0
    """The same in office hours; 0: as at other times."""
    office_hours: OfficeHours = "07:30-17:30"
    office_days: OfficeDays = "mon-fri"
    zone: Zone = "Asia/Ho_Chi_Minh"
    """Of the office hours."""
    metrics: Metrics = ""
    """Loopback address at which figures can be read; empty: none."""
    allow_configuration: bool = True
    """Take settings that the centre signed for this collector."""

    @property
    def office(self) -> Office:
        """Return the office hours."""
        return Office(*hours(self.office_hours), days(self.office_days), ZoneInfo(self.zone))

    @property
    def metrics_address(self) -> tuple[str, int] | None:
        """Return host and port for the figures, if they are wanted."""
        return loopback(self.metrics) if self.metrics else None


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


def load(path: Path) -> Settings:
    """Return the settings in *path*.

    Raises:
        ConfigError: every fault, one a line: key path, value, what would be accepted.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path}: {error}") from error
    return load_text(text, path)


def load_text(text: str, path: Path) -> Settings:
    """Return the settings in *text* as if it stood in the file *path*, which is not looked at.

    Raises:
        ConfigError: as ``load``.
    """
    try:
        raw = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{path}: {error}") from error
    faults: list[str] = [f"{key}: unknown; accepted: collector, source" for key in raw.keys() - _TABLES]
    collector = _table(raw.get("collector"), Collector, "collector", faults)
    sources = _sources(raw.get("source"), faults)
    if faults or collector is None:
        raise ConfigError("\n".join(f"{path}: {fault}" for fault in faults))
    folder = path.resolve().parent
    return Settings(
        collector,
        tuple(anchored(source, folder) for source in sources),
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
        if not isinstance(kind, str) or kind not in KINDS:
            faults.append(f"{where}.kind: {shortened(kind)}; accepted: {', '.join(KINDS)}")
            continue
        source = _table(table, KINDS[kind], where, faults)
        if source is not None:
            found.append(source)
    counts = Counter(source.id for source in found)
    faults += [f"source: id {id_!r} is given {n} times" for id_, n in counts.items() if n > 1]
    places = Counter(place for source in found if (place := place_of(source)) is not None)
    faults += [
        f"source: {n} sources listen on {where} ({how})" for (how, where), n in places.items() if n > 1
    ]
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
                values[name] = converted(raw[name], field.type)
            except ValueError as error:
                faults.append(f"{where}.{name}: {_said(error)}; got {shortened(raw[name])}")
        elif field.required:
            faults.append(f"{where}.{name}: missing")
    return kind(**values) if len(faults) == before else None


def _said(error: ValueError) -> str:
    """Return the error with the place inside the value, if it has one."""
    return re.sub(r" - at `\$(.*)`$", lambda match: f" at {match[1]}" if match[1] else "", str(error))
