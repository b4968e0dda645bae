"""The centre's objects, made from settings and closed in order."""

import asyncio
import fcntl
import os
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from soc.alerts.state import AlertsFold
from soc.app.playbooks import read_playbooks
from soc.app.rules_in_force import RulesInForce
from soc.gateway.authority import Authority, open_authority
from soc.gateway.credentials import CredentialsFold
from soc.gateway.keys import ApiKeysFold
from soc.gateway.revisions import RevisionsFold
from soc.gateway.signing import Signer, open_signer
from soc.health.fleet import Fleet
from soc.kernel.clock import Clock
from soc.kernel.errors import ConfigError, StoreError
from soc.kernel.ids import random_id
from soc.kernel.logs import Log
from soc.model.identity import SOC_AGENCY
from soc.ncsc.client import HttpNationalCentre
from soc.pipeline.accounts import Accounts as FleetAccounts
from soc.pipeline.accounts import open_accounts
from soc.pipeline.correlate import CorrelateStatus
from soc.pipeline.intake import Feed, Intake
from soc.pipeline.recorder import Recorder
from soc.pipeline.selfreport import SelfReport
from soc.ports.national import NationalCentre
from soc.response.outbox import OutboxFold
from soc.response.playbook import Playbook
from soc.response.runs import RunsFold
from soc.settings.model import Settings
from soc.stores.embedded import EmbeddedEventStore
from soc.stores.snapshots import FileSnapshots
from soc.stores.sqlite_accounts import SqliteAccounts
from soc.stores.sqlite_lease import SqliteLease
from soc.stores.sqlite_log import SqliteLog


@dataclass(frozen=True, slots=True)
class Folds:
    """The states the ledger is folded into."""

    alerts: AlertsFold
    runs: RunsFold
    outbox: OutboxFold
    credentials: CredentialsFold
    keys: ApiKeysFold
    revisions: RevisionsFold


@dataclass(frozen=True, slots=True)
class Centre:
    """One running centre on the embedded stores."""

    settings: Settings
    rules: RulesInForce
    boot: str
    recorder: Recorder
    folds: Folds
    feeds: SqliteLog
    events: EmbeddedEventStore
    lease: SqliteLease
    accounts: SqliteAccounts
    authority: Authority
    signer: Signer
    intake: Intake
    report: SelfReport
    fleet_accounts: FleetAccounts
    status: CorrelateStatus
    playbooks: tuple[Playbook, ...]
    national: NationalCentre | None
    clock: Clock
    log: Log

    @property
    def fleet(self) -> Fleet:
        """What is known of all collectors."""
        return self.fleet_accounts.fleet

    def counts(self) -> dict[str, int]:
        """Return the totals of agencies' events, signals, alerts, runs and receipted reports."""
        rows = [row for row in self.fleet.rows(self.clock.now_ms()) if row.origin.agency != SOC_AGENCY]
        return {
            "events_stored": sum(row.stored for row in rows),
            "signals": self.status.signals,
            "alerts": len(self.recorder.state(self.folds.alerts).alerts),
            "playbook_runs": len(self.recorder.state(self.folds.runs).runs),
            "reports_receipted": self.recorder.state(self.folds.outbox).receipted,
        }


@asynccontextmanager
async def open_centre(settings: Settings, clock: Clock, log: Log) -> AsyncIterator[Centre]:
    """Open everything below ``data_dir``, fold the ledger, and close it all at the end.

    Raises:
        StoreError: another process runs on the same folder, or it cannot be used.
        ConfigError: rules or playbooks cannot be found.
    """
    folder = settings.data_dir
    rules = RulesInForce(settings.rules.folders, settings.rules.mappings, folder / "cache", log)
    boot = random_id()
    folds = Folds(AlertsFold(), RunsFold(), OutboxFold(), CredentialsFold(), ApiKeysFold(), RevisionsFold())
    async with AsyncExitStack() as stack:
        stack.enter_context(_alone(folder))
        ledger = stack.enter_context(closing(SqliteLog.open(folder / "ledger.db")))
        feeds = stack.enter_context(closing(SqliteLog.open(folder / "feeds.db")))
        lease = stack.enter_context(closing(SqliteLease.open(folder / "lease.db", clock)))
        accounts = stack.enter_context(closing(SqliteAccounts.open(folder / "accounts.db")))
        events = await asyncio.to_thread(EmbeddedEventStore.open, folder / "events")
        stack.push_async_callback(events.close)
        recorder = await _recorder(ledger, folds, clock, folder)
        fleet = await open_accounts(feeds, FileSnapshots(folder / "accounts.snapshot"), clock)
        stack.push_async_callback(fleet.save)
        intake = Intake(lambda: rules.understanding, events, Feed(feeds, "centre", boot, clock), clock)
        yield Centre(
            settings=settings,
            rules=rules,
            boot=boot,
            recorder=recorder,
            folds=folds,
            feeds=feeds,
            events=events,
            lease=lease,
            accounts=accounts,
            authority=open_authority(folder / "pki", clock.now()),
            signer=open_signer(folder / "pki"),
            intake=intake,
            report=SelfReport(intake, clock, boot),
            fleet_accounts=fleet,
            status=CorrelateStatus(),
            playbooks=read_playbooks(settings.playbooks.folders),
            national=await _national(stack, settings),
            clock=clock,
            log=log,
        )


async def _recorder(ledger: SqliteLog, folds: Folds, clock: Clock, folder: Path) -> Recorder:
    recorder = Recorder(
        ledger,
        [folds.alerts, folds.runs, folds.outbox, folds.credentials, folds.keys, folds.revisions],
        clock,
        snapshots=FileSnapshots(folder / "ledger.snapshot"),
    )
    await recorder.start()
    return recorder


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Make the folder where there is none and hold its lock: the embedded store has one owner."""
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        handle = os.open(folder / "lock", os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise StoreError(f"data_dir {folder}: {error.strerror}") from error
    try:
        _lock(handle, folder)
        yield
    finally:
        os.close(handle)


def _lock(handle: int, folder: Path) -> None:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        raise StoreError(f"{folder} is in use by another soc process") from error


async def _national(stack: AsyncExitStack, settings: Settings) -> NationalCentre | None:
    if settings.ncsc is None:
        return None
    ncsc = settings.ncsc
    try:
        client = HttpNationalCentre(url=ncsc.url, ca=ncsc.ca, certificate=ncsc.certificate, key=ncsc.key)
    except OSError as error:
        files = f"{ncsc.ca}, {ncsc.certificate}, {ncsc.key}"
        raise ConfigError(f"ncsc: {error.strerror or error}: one of {files}") from error
    stack.push_async_callback(client.close)
    return client
