"""Checking: what settings mean on this machine, before anything runs by them."""

import os
from glob import glob
from pathlib import Path

from collectors.settings import Settings
from collectors.source_settings import (
    AnySource,
    EvtxSource,
    FindingsSource,
    TailSource,
    TlsSource,
    WindowsSource,
)
from collectors.sources.syslog_tls import server_tls
from soc.kernel.errors import ConfigError


def found_by(source: AnySource) -> str:
    """Say in a line what *source* would read now."""
    match source:
        case TailSource() | EvtxSource():
            found = sorted({path for pattern in source.paths for path in glob(pattern, recursive=True)})  # noqa: PTH207 - absolute
            closed = [path for path in found if not os.access(path, os.R_OK)]
            unread = f", {len(closed)} of them may not be read: {', '.join(closed[:3])}" if closed else ""
            return f"{len(found)} files match{unread}"
        case FindingsSource():
            return f"folder {source.folder}"
        case WindowsSource():
            return f"channels {', '.join(source.channels)}"
        case _:
            return f"{source.kind} on {source.listen}"


def faults_of(settings: Settings) -> list[str]:
    """Return what would keep a collector with *settings* from running, or a source from reading for ever.

    A log that is not there yet is none: it may come.
    """
    faults = (
        []
        if _can_be_made(settings.data_dir)
        else [f"collector.data_dir: {settings.data_dir} cannot be a folder"]
    )
    for number, source in enumerate(settings.sources):
        match source:
            case FindingsSource() if not _is_open(source.folder):
                faults.append(f"source.{number}.folder: {source.folder} is no folder that can be read")
            case TlsSource():
                try:
                    server_tls(source.certificate, source.key, source.client_ca)
                except ConfigError as error:
                    faults.append(f"source.{number}: {error}")
            case _:
                pass
    return faults


def _is_open(folder: str) -> bool:
    return Path(folder).is_dir() and os.access(folder, os.R_OK | os.X_OK)


def _can_be_made(folder: Path) -> bool:
    """Return whether *folder* is one that can be written to, or can become one."""
    nearest = next(place for place in (folder, *folder.parents) if place.exists())
    return nearest.is_dir() and os.access(nearest, os.W_OK | os.X_OK)
