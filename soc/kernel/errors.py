"""The one tree of errors.

SocError
├── ConfigError      a settings file is wrong; every fault is listed at once
├── RuleError        a Sigma rule, filter or correlation cannot be used
├── RecordError      bytes of one record cannot be read; the record is quarantined
├── WireError        a peer spoke another protocol, or broke a limit
├── AuthError        a credential is missing, unknown, revoked or not allowed
├── QueryError       an analyst's search cannot be understood
├── StoreError       a store refused for good
│   ├── StoreBusy        … or only for now (retryable)
│   ├── Conflict         a log entry or a row version exists already: decide again
│   └── Corrupt          stored bytes fail their check
├── SpoolError       the spool cannot keep its promise (full, damaged, locked)
├── PlaybookError    a playbook cannot be loaded or a run cannot go on
├── NcscError        the national centre refused for good
│   └── NcscUnavailable  … or could not be reached (retryable)
└── DeposedError     this process is no longer the leader it acts as

A message says what failed, the value shortened, where, and what would be accepted.
It never holds a secret or raw log content.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import ClassVar


class SocError(Exception):
    """Root of every error that is ours."""

    retryable: ClassVar[bool] = False


class ConfigError(SocError):
    """Settings cannot be used."""


class RecordError(SocError):
    """One record cannot be read."""


class WireError(SocError):
    """A peer's message breaks the protocol or a limit."""


class AuthError(SocError):
    """A credential does not allow this."""


class QueryError(SocError):
    """A search cannot be understood."""


class StoreError(SocError):
    """A store refused for good."""


class StoreBusy(StoreError):
    """A store refused for now; or whoever speaks for it."""

    retryable = True

    def __init__(self, message: str, wait: timedelta = timedelta(seconds=2)) -> None:
        """Keep after how long another try makes sense."""
        super().__init__(message)
        self.wait = wait


class Conflict(StoreError):
    """Somebody else wrote first; fold what is new and decide again."""


class Corrupt(StoreError):
    """Stored bytes fail their check."""


class SpoolError(SocError):
    """The spool cannot keep its promise."""


class PlaybookError(SocError):
    """A playbook cannot be loaded or a run cannot go on."""


class NcscError(SocError):
    """The national centre refused for good."""


class NcscUnavailable(NcscError):
    """The national centre could not be reached."""

    retryable = True

    def __init__(self, message: str, wait: timedelta = timedelta(0)) -> None:
        """Keep how long the centre asked to be left alone."""
        super().__init__(message)
        self.wait = wait


class DeposedError(SocError):
    """This process acts as a leader that it is no longer."""


@dataclass(frozen=True, slots=True)
class Location:
    """A place in a file that a person wrote."""

    path: str
    line: int = 0
    """From 1; 0 when the place is the file as a whole."""
    column: int = 0
    """From 1; 0 when unknown."""

    def __str__(self) -> str:
        """Return ``path:line:column`` as far as known."""
        parts = [self.path, *(str(n) for n in (self.line, self.column) if n)]
        return ":".join(parts)


class RuleError(SocError):
    """A rule cannot be used; says where and, if known, how to mend it."""

    def __init__(self, message: str, location: Location, fix: str = "") -> None:
        """Keep the parts apart so that an editor or a table can show them."""
        super().__init__(f"{location}: {message}" + (f" ({fix})" if fix else ""))
        self.message = message
        self.location = location
        self.fix = fix


def shortened(value: object, limit: int = 80) -> str:
    """Return ``repr(value)`` cut to *limit* characters, for messages."""
    text = repr(value)
    return text if len(text) <= limit else text[: limit - 1] + "…"
