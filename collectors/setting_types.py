"""Types of single settings, each with what a pattern cannot say of its value."""

import ipaddress
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec
from msgspec import Meta

from collectors.office import days, hours

MAX_PORT = 65_535


@dataclass(frozen=True, slots=True)
class Judged:
    """A further condition on a value of the right type."""

    judge: Callable[[Any], object]
    """Raises ValueError that says what is accepted."""


def converted(value: Any, type_: Any) -> Any:
    """Return *value* as *type_*.

    Raises:
        ValueError: it is none; what is accepted.
    """
    found = msgspec.convert(value, type=type_)
    for condition in getattr(type_, "__metadata__", ()):
        if isinstance(condition, Judged):
            condition.judge(found)
    return found


def address(text: str) -> tuple[str, int]:
    """Return host and port in ``HOST:PORT``.

    Raises:
        ValueError: no such port.
    """
    host, _, port = text.rpartition(":")
    if not 0 < int(port) <= MAX_PORT:
        raise ValueError(f"port {port}; accepted: 1 to {MAX_PORT}")
    return host.strip("[]"), int(port)


def loopback(text: str) -> tuple[str, int]:
    """Return host and port in ``HOST:PORT``, which only this machine can reach.

    Raises:
        ValueError: others could reach it, or no such port.
    """
    host, port = address(text)
    if not is_loopback(host):
        raise ValueError("others could reach it; accepted: loopback, as 127.0.0.1:9470")
    return host, port


def is_loopback(host: str) -> bool:
    """Return whether *host* names this machine to itself only."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _gateways(urls: list[str]) -> None:
    for url in urls:
        address(url.removeprefix("https://"))


def _metrics(text: str) -> None:
    if text:
        loopback(text)


def _zone(name: str) -> None:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ValueError("no such time zone; accepted: IANA names as Asia/Ho_Chi_Minh") from error


def _pattern(text: str) -> None:
    try:
        re.compile(text.encode())
    except (re.error, OverflowError, RecursionError) as error:
        raise ValueError(f"{error}; accepted: a regular expression of Python") from error


_ADDRESS = r"(\[[0-9A-Fa-f:]+\]|[^:\s]+):[0-9]{1,5}"
Words = Annotated[str, Meta(min_length=1, pattern=r"\A[^\0]*\Z")]
"""Not empty, and without the character that ends names of files."""
Name = Annotated[str, Meta(pattern=r"^[a-z0-9][a-z0-9._-]{0,63}$")]
Address = Annotated[str, Meta(pattern=f"^{_ADDRESS}$"), Judged(address)]
Loopback = Annotated[str, Meta(pattern=f"^{_ADDRESS}$"), Judged(loopback)]
Metrics = Annotated[str, Meta(pattern=f"^({_ADDRESS})?$"), Judged(_metrics)]
"""A loopback address, or empty: none."""
Gateways = Annotated[
    list[Annotated[str, Meta(pattern=r"^https://[^/\s]+:[0-9]{1,5}$")]], Meta(min_length=1), Judged(_gateways)
]
Zone = Annotated[str, Judged(_zone)]
Pattern = Annotated[str, Judged(_pattern)]
OfficeHours = Annotated[str, Judged(hours)]
OfficeDays = Annotated[str, Judged(days)]
