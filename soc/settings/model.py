"""Settings of the centre as the operator writes them, with what each key accepts."""

from pathlib import Path
from typing import Annotated, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BaseModel, ConfigDict, Field


def _zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise ValueError("no IANA time zone of this name; accepted e.g. Asia/Ho_Chi_Minh") from error
    return name


def _address(text: str) -> str:
    host, _, port = text.rpartition(":")
    if not host or not port.isdigit() or int(port) > 65535:
        raise ValueError("accepted: HOST:PORT, e.g. 0.0.0.0:8443 (port 0 = any free port)")
    return text


Zone = Annotated[str, AfterValidator(_zone)]
Address = Annotated[str, AfterValidator(_address)]
SourceId = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9._-]{0,63}$")]
FormatName = Annotated[str, Field(pattern=r"^[a-z0-9_]{1,63}$")]
AgencyId = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,62}$")]


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class LimitsConfig(_Section):
    """What one sender may take of the gateway, so that it cannot hurt the others."""

    agency_events_per_second: int = Field(default=5000, ge=1)
    agency_kib_per_second: int = Field(default=8192, ge=1)
    """After decompression."""
    burst_seconds: int = Field(default=10, ge=1, le=600)
    """How long an agency that was quiet may send at once what it did not send."""
    connections: int = Field(default=2048, ge=16)
    connections_per_address: int = Field(default=64, ge=1)
    places: int = Field(default=4, ge=1, le=64)
    """Batches worked on at once."""


class _DoorConfig(_Section):
    listen: Address
    source: SourceId
    """Source id of what comes in here."""
    format: FormatName
    """Name in the parser table."""
    zone: Zone = "Asia/Ho_Chi_Minh"
    """Of times without one."""


class BulkConfig(_DoorConfig):
    """What speaks as Elasticsearch's ``_bulk`` does."""

    source: SourceId = "bulk"
    format: FormatName = "json"
    version: str = Field(default="9.1.0", pattern=r"^\d+\.\d+\.\d+$")
    """Version that clients are told."""
    max_body_mib: int = Field(default=100, ge=1, le=1024)
    """After decompression."""


class BeatsConfig(_DoorConfig):
    """Beats and whatever else speaks Lumberjack version 2."""

    source: SourceId = "beats"
    format: FormatName = "json"


class RelpConfig(_DoorConfig):
    """rsyslog's reliable protocol."""

    source: SourceId = "relp"
    format: FormatName = "syslog"


class SyslogConfig(_DoorConfig):
    """Syslog in TLS; nothing is acknowledged, so what is under way when a line drops is lost."""

    source: SourceId = "syslog"
    format: FormatName = "syslog"


class GatewayConfig(_Section):
    """The collectors' port, and doors for agencies without a collector; one without its table is closed."""

    listen: Address = "0.0.0.0:8443"
    names: list[str] = Field(default=["localhost", "127.0.0.1"], min_length=1)
    """Host names and addresses in the server certificate."""
    workers: int = Field(default=1, ge=1, le=64)
    """Processes on the port."""
    limits: LimitsConfig = LimitsConfig()
    bulk: BulkConfig | None = None
    beats: BeatsConfig | None = None
    relp: RelpConfig | None = None
    syslog: SyslogConfig | None = None


class ConsoleConfig(_Section):
    """The analysts' pages."""

    listen: Address = "127.0.0.1:8080"
    certificate: Path | None = None
    """TLS certificate chain; without it the console only listens on loopback."""
    key: Path | None = None
    language: Literal["vi", "en"] = "vi"


class NcscConfig(_Section):
    """The national centre's interface. All secrets are files."""

    url: str
    ca: Path
    certificate: Path
    key: Path
    province: str = "province"
    """Name in reports."""
    poll_seconds: int = Field(default=30, ge=1, le=86400)


class RulesConfig(_Section):
    """Where rules and mappings lie."""

    folders: list[Path] = Field(default=[Path("rules")], min_length=1)
    mappings: Path = Path("rules/mappings")


class PlaybooksConfig(_Section):
    """Where playbooks lie."""

    folders: list[Path] = [Path("playbooks")]


class RetentionConfig(_Section):
    """Days kept by retention class; holds are kept until released."""

    standard_days: int = Field(default=92, ge=1)
    """Three months: the least for a level-3 system (TCVN 14423:2026)."""
    quarantine_days: int = Field(default=31, ge=1)


class AgencyConfig(_Section):
    """One agency."""

    id: AgencyId
    name: str = Field(min_length=1)
    zone: Zone = "Asia/Ho_Chi_Minh"
    contact: str = ""


class Settings(_Section):
    """The whole file."""

    version: Literal[1] = 1
    data_dir: Path
    zone: Zone = "Asia/Ho_Chi_Minh"
    """Zone of bounded correlation windows and of the console."""
    gateway: GatewayConfig = GatewayConfig()
    console: ConsoleConfig = ConsoleConfig()
    ncsc: NcscConfig | None = None
    """Absent: no link; playbook steps that report fail with words."""
    rules: RulesConfig = RulesConfig()
    playbooks: PlaybooksConfig = PlaybooksConfig()
    retention: RetentionConfig = RetentionConfig()
    agency: list[AgencyConfig] = Field(default=[], max_length=5000)
