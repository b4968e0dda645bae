"""The receiving half of a centre over memory stores: intake, gateway, ledger."""

import io
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from aiohttp import web
from support.readings import own_sources

from soc.detection.engine import Engine
from soc.gateway.authority import Authority, open_authority, open_server
from soc.gateway.credentials import CredentialsFold
from soc.gateway.desk import Desk
from soc.gateway.enrolment import Enrolment
from soc.gateway.keys import ApiKeysFold
from soc.gateway.server import Gateway, tls_context
from soc.gateway.signing import open_signer
from soc.kernel.clock import ManualClock
from soc.kernel.logs import open_log
from soc.parsing.mapping import entity_fields, known_logsource
from soc.pipeline.intake import Feed, Intake, Understanding
from soc.pipeline.recorder import Recorder
from soc.ports.events import EventWriter
from soc.ports.log import Log
from soc.rulebook.documents import RuleFile
from soc.rulebook.load import load
from soc.stores.memory_events import MemoryEventStore
from soc.stores.memory_log import MemoryLog

NOW = datetime(2026, 11, 24, 8, tzinfo=UTC)
RULE = """
title: Failed password
id: 11111111-1111-4111-8111-111111111111
logsource: {product: linux, service: sshd}
detection:
  selection: {message|contains: Failed password}
  condition: selection
"""


@dataclass(frozen=True, slots=True)
class Receiving:
    """What tests look into."""

    intake: Intake
    events: MemoryEventStore
    feeds: Log
    recorder: Recorder
    credentials: CredentialsFold
    desk: Desk
    gateway: Gateway
    authority: Authority
    clock: ManualClock
    folder: Path


async def receiving(
    folder: Path, *, writer: EventWriter | None = None, feeds: Log | None = None
) -> Receiving:
    """Return a receiving centre whose files lie in *folder*."""
    clock, events, log = ManualClock(NOW), MemoryEventStore(), feeds or MemoryLog()
    sources, credentials, keys = own_sources(), CredentialsFold(), ApiKeysFold()
    rulebook = load(
        [RuleFile("rule.yml", RULE)],
        known=lambda found: known_logsource(sources, found),
        entities=lambda found: entity_fields(sources, found),
    )
    understanding = Understanding(sources, Engine(rulebook.rules))
    recorder = Recorder(MemoryLog(), [credentials, keys], clock)
    await recorder.start()
    intake = Intake(lambda: understanding, writer or events, Feed(log, "g", "b", clock), clock)
    authority = open_authority(folder, clock.now())
    said = open_log(io.StringIO())
    desk = Desk(intake, recorder, credentials, keys, clock, said, "b")
    enrolment = Enrolment(recorder, credentials, authority, open_signer(folder), clock, said)
    gateway = Gateway(intake, desk, enrolment, clock, said)
    return Receiving(intake, events, log, recorder, credentials, desk, gateway, authority, clock, folder)


@asynccontextmanager
async def listening(centre: Receiving) -> AsyncIterator[str]:
    """Serve the gateway of *centre* and yield its address."""
    folder = centre.folder
    certificate, key = open_server(folder, centre.authority, ["localhost", "127.0.0.1"], datetime.now(UTC))
    runner = web.AppRunner(centre.gateway.application(), access_log=None)
    await runner.setup()
    await web.TCPSite(
        runner, "127.0.0.1", 0, ssl_context=tls_context(certificate, key, folder / "ca.pem")
    ).start()
    try:
        yield f"https://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()
