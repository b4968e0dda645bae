"""Reach: which files settings from afar may name. Whoever holds the centre shall not read everything here."""

from collections.abc import Iterator
from pathlib import PurePath

from collectors.settings import Settings
from collectors.source_settings import AnySource, EvtxSource, FindingsSource, TailSource, TlsSource
from soc.kernel.errors import ConfigError

LOGS = PurePath("/var/log")


def check_reach(sent: Settings, local: Settings) -> None:
    """Let settings pass that read nothing but ``/var/log`` and folders that the local file reads in.

    Raises:
        ConfigError: they name another place; each is listed.
    """
    allowed = {LOGS, *(folder_of(path) for source in local.sources for path in named(source))}
    faults = [
        f"source {source.id}: {path} lies in no folder that this collector's own file reads in, nor in {LOGS}"
        for source in sent.sources
        for path in named(source)
        if ".." in PurePath(path).parts or not any(folder_of(path).is_relative_to(at) for at in allowed)
    ]
    if faults:
        raise ConfigError("\n".join(faults))


def named(source: AnySource) -> Iterator[str]:
    """Yield every path and pattern in the settings of *source*."""
    match source:
        case TailSource() | EvtxSource():
            yield from source.paths
        case FindingsSource():
            yield f"{source.folder}/*"
        case TlsSource():
            yield from (path for path in (source.certificate, source.key, source.client_ca) if path)
        case _:
            pass


def folder_of(pattern: str) -> PurePath:
    """Return the folder above the first part of *pattern* that may be any name."""
    parts = PurePath(pattern).parts
    fixed = next((n for n, part in enumerate(parts) if set(part) & set("*?[")), len(parts) - 1)
    return PurePath(*parts[:fixed])
