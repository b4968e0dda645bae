"""The fleet: for each collector what was received, what is missing, how late and how silent it is.

Reads receipts and heartbeats alone, in the order of the feeds; what it knows survives as one snapshot.
"""

from enum import StrEnum

import msgspec

from soc.health.account import Account, lag_of
from soc.health.days import Counts, Day
from soc.health.notice import Notice, Noticeboard
from soc.kernel.errors import Corrupt
from soc.model.heartbeat import ConfigurationState, Heartbeat
from soc.model.identity import Origin
from soc.wire.feed import Receipt

SILENT_AFTER_MS = 15 * 60_000
DOOR_SILENT_AFTER_MS = 24 * 3_600_000
"""Of one that sends through a door alone: it has no heartbeat."""
LAGGING_AFTER_MS = 5 * 60_000
EXPIRING_BEFORE_MS = 30 * 86_400_000
GAP_STANDS_MS = 60_000
ASK_AGAIN_MS = 10 * 60_000
VERSION = 1


class Condition(StrEnum):
    """How a collector is."""

    OK = "ok"
    EXPIRING = "expiring"
    """Its certificate ends within thirty days, although it renews ninety days before."""
    LAGGING = "lagging"
    """Its oldest record not yet acknowledged was read more than five minutes ago."""
    SILENT = "silent"
    """Neither batch nor heartbeat for fifteen minutes."""
    GAP = "gap"
    """Acknowledged sequence numbers are missing that it never declared."""


class DayRow(msgspec.Struct, frozen=True):
    """One day (UTC, by receipt) of one collector as shown to people."""

    day: str
    counts: Counts
    unexplained_gap: int
    last_seen_ms: int
    lag_ms: int
    clock_offset_ms: int


class Row(msgspec.Struct, frozen=True):
    """One collector as shown to people."""

    origin: Origin
    conditions: tuple[Condition, ...]
    """What is wrong with it, the worst first."""
    condition: Condition
    last_seen_ms: int
    received: int
    stored: int
    reread: int
    known: int
    quarantined: int
    declared_gap: int
    unexplained_gap: int
    first_unexplained: str
    """Where the first gap begins: spool and number; empty where there is none."""
    repeats: int
    lag_ms: int
    clock_offset_ms: int
    spool_bytes: int
    spool_limit_bytes: int
    software: str
    certificate_until_ms: int
    configuration: ConfigurationState | None
    days: tuple[DayRow, ...]
    """The newest last."""


class Fleet:
    """The accounts of all collectors; order and repetition of what it is told do not matter."""

    def __init__(self, *, whole: bool = True) -> None:
        """Know nobody yet; *whole*: what will be told begins with the first feed ever written."""
        self._whole = whole
        self._accounts: dict[Origin, Account] = {}

    def receipt(self, receipt: Receipt) -> None:
        """Count a batch's new numbers; one that has none changes nothing but the time."""
        self._account(receipt.origin).receipt(receipt)

    def heartbeat(self, beat: Heartbeat) -> None:
        """Remember the newest heartbeat and what it says was acknowledged."""
        self._account(beat.origin).heartbeat(beat)

    def rows(self, now_ms: int, *, days: int = 0) -> list[Row]:
        """Return every collector with its newest *days*, sorted by agency and name."""
        found = [_row(origin, account, now_ms, days) for origin, account in self._accounts.items()]
        return sorted(found, key=lambda r: (r.origin.agency, r.origin.collector, r.origin.exercise or ""))

    def notices(self) -> list[Notice]:
        """Return what is to be said, oldest first for each collector."""
        return [notice for account in self._accounts.values() for notice in account.notices.waiting]

    def said(self, notice: Notice) -> None:
        """Forget *notice*: it is an event now."""
        self._accounts[notice.origin].notices.waiting.remove(notice)

    def resend_from(self, origin: Origin, spool: str, now_ms: int) -> int | None:
        """Return the number that *origin* is to send again from, if it is to be asked now.

        Asked once in ten minutes, for a gap of its running *spool* that has stood for a minute. What the
        collector no longer has it declares, so asking comes to an end.
        """
        account = self._accounts.get(origin)
        if account is None or spool not in account.spools:
            return None
        first = account.spools[spool].first_unexplained()
        if first is None:
            account.gap_since_ms = 0
            return None
        account.gap_since_ms = account.gap_since_ms or now_ms
        if now_ms - account.gap_since_ms < GAP_STANDS_MS or now_ms - account.asked_at_ms < ASK_AGAIN_MS:
            return None
        account.asked_at_ms = now_ms
        return first

    def dump(self) -> bytes:
        """Return everything as bytes."""
        return msgspec.msgpack.encode(_Dumped(VERSION, self._whole, list(self._accounts.items())))

    def load(self, data: bytes) -> None:
        """Know what *data* says instead.

        Raises:
            Corrupt: the bytes are no fleet's, or of another version.
        """
        try:
            found = msgspec.msgpack.decode(data, type=_Dumped)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise Corrupt(f"accounts: {error}") from error
        if found.version != VERSION:
            raise Corrupt(f"accounts of version {found.version}; accepted: {VERSION}")
        self._whole, self._accounts = found.whole, dict(found.accounts)

    def _account(self, origin: Origin) -> Account:
        found = self._accounts.get(origin)
        if found is None:
            found = self._accounts[origin] = Account(Noticeboard(origin), self._whole)
        return found


class _Dumped(msgspec.Struct, frozen=True):
    version: int
    whole: bool
    accounts: list[tuple[Origin, Account]]


def _row(origin: Origin, account: Account, now_ms: int, days: int) -> Row:
    missing, beat, counts = account.unexplained(), account.beat, account.counts
    lag_ms = 0 if beat is None else lag_of(beat)
    conditions = tuple(_conditions(account, missing, lag_ms, now_ms))
    return Row(
        origin=origin,
        conditions=conditions,
        condition=conditions[0] if conditions else Condition.OK,
        last_seen_ms=account.last_seen_ms,
        received=counts.received,
        stored=counts.stored,
        reread=counts.reread,
        known=counts.known,
        quarantined=counts.quarantined,
        declared_gap=counts.declared,
        unexplained_gap=missing,
        first_unexplained=_first_unexplained(account),
        repeats=counts.repeats,
        lag_ms=lag_ms,
        clock_offset_ms=account.clock_offset_ms,
        spool_bytes=beat.spool_bytes if beat else 0,
        spool_limit_bytes=beat.spool_limit_bytes if beat else 0,
        software=beat.software if beat else "",
        certificate_until_ms=beat.certificate_until_ms if beat else 0,
        configuration=beat.configuration if beat else None,
        days=_days(account, days),
    )


def _first_unexplained(account: Account) -> str:
    found = ((spool, numbers.first_unexplained()) for spool, numbers in account.spools.items())
    return next((f"{spool}/{first}" for spool, first in found if first is not None), "")


def _days(account: Account, count: int) -> tuple[DayRow, ...]:
    if not count:
        return ()
    missing = account.unexplained_by_day()
    names = sorted({*account.days, *missing})[-count:]
    return tuple(_day(name, account.days.get(name, Day()), missing.get(name, 0)) for name in names)


def _day(name: str, day: Day, missing: int) -> DayRow:
    return DayRow(name, day.counts, missing, day.last_seen_ms, day.lag_ms, day.clock_offset_ms)


def _conditions(account: Account, missing: int, lag_ms: int, now_ms: int) -> list[Condition]:
    until_ms = 0 if account.beat is None else account.beat.certificate_until_ms
    silent_after_ms = SILENT_AFTER_MS if account.spools else DOOR_SILENT_AFTER_MS
    found = {
        Condition.GAP: missing > 0,
        Condition.SILENT: now_ms - account.last_seen_ms > silent_after_ms,
        Condition.EXPIRING: until_ms > 0 and until_ms - now_ms < EXPIRING_BEFORE_MS,
        Condition.LAGGING: lag_ms > LAGGING_AFTER_MS,
    }
    return [condition for condition, holds in found.items() if holds]
