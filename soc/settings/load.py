"""A settings file read in one pass: every error at once, each with its key path."""

import tomllib
from collections import Counter
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from soc.kernel.errors import ConfigError, shortened
from soc.settings.model import Settings


def load(path: Path) -> Settings:
    """Return the settings in *path*; relative paths in it count from its folder.

    Raises:
        ConfigError: every fault, one a line: key path, value, what would be accepted.
    """
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: {error}") from error
    try:
        settings = Settings.model_validate(raw)
    except ValidationError as error:
        raise ConfigError("\n".join(f"{path}: {_line(fault)}" for fault in error.errors())) from error
    faults = _contradictions(settings)
    if faults:
        raise ConfigError("\n".join(f"{path}: {fault}" for fault in faults))
    return _anchored(settings, path.parent)


def schema() -> dict[str, Any]:
    """Return the JSON Schema of the file, for editors."""
    return Settings.model_json_schema()


def _line(fault: Any) -> str:
    where = ".".join(str(part) for part in fault["loc"]) or "(file)"
    given = "" if fault["type"] == "missing" else f"; got {shortened(fault['input'])}"
    return f"{where}: {fault['msg'].removeprefix('Value error, ')}{given}"


def _contradictions(settings: Settings) -> list[str]:
    counts = Counter(agency.id for agency in settings.agency)
    faults = [f"agency: id {id_!r} is given {n} times" for id_, n in counts.items() if n > 1]
    if "soc" in counts:
        faults.append("agency: id 'soc' is the centre's own; accepted: any other")
    workers = settings.gateway.workers
    if workers > 1:
        faults.append(f"gateway.workers: {workers}; the embedded store has exactly one")
    faults += _shared_ports(settings)
    console = settings.console
    if (console.certificate is None) != (console.key is None):
        faults.append("console: certificate and key belong together; give both or none")
    loopback = console.listen.rpartition(":")[0] in {"127.0.0.1", "localhost", "[::1]"}
    if console.certificate is None and not loopback:
        faults.append(f"console.listen: {console.listen} needs certificate and key; without: loopback only")
    return faults


def _shared_ports(settings: Settings) -> list[str]:
    gateway = settings.gateway
    doors = {"bulk": gateway.bulk, "beats": gateway.beats, "relp": gateway.relp, "syslog": gateway.syslog}
    named = {"gateway": gateway.listen, "console": settings.console.listen}
    named |= {f"gateway.{name}": door.listen for name, door in doors.items() if door is not None}
    counts = Counter(listen for listen in named.values() if not listen.endswith(":0"))
    return [
        f"{name}.listen: {listen} is given {counts[listen]} times; accepted: a port of its own"
        for name, listen in named.items()
        if counts[listen] > 1
    ]


def _anchored(settings: Settings, folder: Path) -> Settings:
    def at(path: Path) -> Path:
        return folder / path

    def optional(path: Path | None) -> Path | None:
        return None if path is None else folder / path

    console, rules, ncsc = settings.console, settings.rules, settings.ncsc
    return settings.model_copy(
        update={
            "data_dir": at(settings.data_dir),
            "console": console.model_copy(
                update={"certificate": optional(console.certificate), "key": optional(console.key)}
            ),
            "rules": rules.model_copy(
                update={"folders": [at(f) for f in rules.folders], "mappings": at(rules.mappings)}
            ),
            "playbooks": settings.playbooks.model_copy(
                update={"folders": [at(f) for f in settings.playbooks.folders]}
            ),
            "ncsc": None
            if ncsc is None
            else ncsc.model_copy(
                update={"ca": at(ncsc.ca), "certificate": at(ncsc.certificate), "key": at(ncsc.key)}
            ),
        }
    )
