"""Settings: where the stand-in listens, keeps its state and finds its certificates."""

import ipaddress
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import msgspec


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What ``serve`` needs; addresses are ``host:port``, port 0 takes a free one."""

    data_dir: str
    cert: str
    key: str
    client_ca: str
    listen: str = "127.0.0.1:9443"
    admin: str = "127.0.0.1:9480"
    requests_per_minute: Annotated[int, msgspec.Meta(ge=1, le=1_000_000)] = 600


class SettingsError(Exception):
    """Settings that cannot be used, with where and why."""


def load(path: Path | None, flags: Mapping[str, str]) -> Settings:
    """Return the settings of *path*, if given, with *flags* over them; paths in the file start at its folder.

    Raises:
        SettingsError: the file cannot be read, or a value is missing, unknown or impossible.
    """
    try:
        written = {} if path is None else tomllib.loads(path.read_text(encoding="utf-8"))
        settings = msgspec.convert({**_rooted(written, path), **flags}, Settings)
        address(settings.listen)
        require_loopback(settings.admin)
    except (OSError, ValueError, SettingsError) as error:
        raise SettingsError(f"{path or 'flags'}: {error}") from error
    return settings


def address(text: str) -> tuple[str, int]:
    """Return host and port of ``host:port`` or ``[v6]:port``.

    Raises:
        SettingsError: it is neither.
    """
    host, colon, port = text.rpartition(":")
    if not (colon and host and port.isascii() and port.isdigit() and int(port) < 65_536):
        raise SettingsError(f"{text!r}: expected host:port, e.g. 127.0.0.1:9443")
    return host.strip("[]"), int(port)


def require_loopback(text: str) -> None:
    """Check that an address can be reached from this machine only.

    Raises:
        SettingsError: it can be reached from elsewhere, or is a name, which may come to mean anything.
    """
    host, _ = address(text)
    try:
        loopback = ipaddress.ip_address(host).is_loopback
    except ValueError:
        loopback = False
    if not loopback:
        raise SettingsError(f"admin {text!r}: only a loopback address is accepted, e.g. 127.0.0.1:9480")


def _rooted(written: Mapping[str, object], path: Path | None) -> dict[str, object]:
    folder = Path() if path is None else path.parent
    paths = {"data_dir", "cert", "key", "client_ca"}
    return {
        name: str(folder / value) if name in paths and isinstance(value, str) else value
        for name, value in written.items()
    }
