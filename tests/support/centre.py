"""The receiving half of a centre over memory stores: intake, gateway, ledger."""

import asyncio
import io
import ssl
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from support.readings import own_sources

from soc.detection.engine import Engine
from soc.gateway.authority import Authority, key_hash, open_authority, open_server, pem_of, write_key
from soc.gateway.credentials import CredentialsFold, enrol, issue_token
from soc.gateway.desk import Desk
from soc.gateway.enrolment import Enrolment
from soc.gateway.frame import Frame, collectors_tls
from soc.gateway.keys import ApiKeysFold
from soc.gateway.limits import Crowd
from soc.gateway.listener import Listener
from soc.gateway.orders import Orders
from soc.gateway.patience import Patience
from soc.gateway.refusals import Holding
from soc.gateway.revisions import RevisionsFold
from soc.gateway.server import Gateway
from soc.gateway.signing import open_signer
from soc.kernel.clock import ManualClock
from soc.kernel.logs import open_log
from soc.model.identity import Origin
from soc.parsing.mapping import entity_fields, known_logsource
from soc.pipeline.intake import Feed, Intake, Understanding
from soc.pipeline.recorder import Recorder
from soc.ports.events import EventWriter
from soc.ports.log import Log
from soc.rulebook.documents import RuleFile
from soc.rulebook.load import load
from soc.stores.memory_events import MemoryEventStore
from soc.stores.memory_log import MemoryLog

PATIENCE = Patience()
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
    sources, credentials, keys, revisions = own_sources(), CredentialsFold(), ApiKeysFold(), RevisionsFold()
    rulebook = load(
        [RuleFile("rule.yml", RULE)],
        known=lambda found: known_logsource(sources, found),
        entities=lambda found: entity_fields(sources, found),
    )
    understanding = Understanding(sources, Engine(rulebook.rules))
    recorder = Recorder(MemoryLog(), [credentials, keys, revisions], clock)
    await recorder.start()
    intake = Intake(lambda: understanding, writer or events, Feed(log, "g", "b", clock), clock)
    authority = open_authority(folder, clock.now())
    said = open_log(io.StringIO())
    desk = Desk(intake, recorder, credentials, keys, clock, said, "b")
    enrolment = Enrolment(recorder, credentials, authority, open_signer(folder), clock, said)
    orders = Orders(recorder, revisions, lambda *_: None, clock)
    gateway = Gateway(intake, desk, enrolment, orders)
    return Receiving(intake, events, log, recorder, credentials, desk, gateway, authority, clock, folder)


@asynccontextmanager
async def listening(
    centre: Receiving, *, patience: Patience = PATIENCE, crowd: Crowd | None = None
) -> AsyncIterator[str]:
    """Serve the gateway of *centre* and yield its address."""
    async with framed(centre, patience=patience, crowd=crowd) as frame:
        tls = collectors_tls(*server_files(centre))
        yield "https://" + await frame.http("127.0.0.1:0", tls, centre.gateway.application())


@asynccontextmanager
async def framed(
    centre: Receiving, *, patience: Patience = PATIENCE, crowd: Crowd | None = None
) -> AsyncIterator[Frame]:
    """Yield what doors of *centre* are set into."""
    async with asyncio.TaskGroup() as group, AsyncExitStack() as edges:
        listener = Listener(crowd or Crowd(100, 100), patience, centre.clock, centre.desk.log)
        yield Frame(edges, group, listener, Holding(centre.desk.failures, centre.clock))


def trusting(folder: Path, credential: str = "") -> ssl.SSLContext:
    """Return the TLS of a program that trusts the centre, with the files of *credential* in *folder*."""
    tls = ssl.create_default_context(cafile=str(folder / "ca.pem"))
    if credential:
        tls.load_cert_chain(folder / f"{credential}.pem", folder / f"{credential}.key")
    return tls


async def credential(centre: Receiving, origin: Origin, *, at: datetime | None = None) -> ssl.SSLContext:
    """Enrol *origin* by a certificate issued *at* (unless told: now); return TLS that shows it."""
    key, name, at_ms = ec.generate_private_key(ec.SECP256R1()), origin.agency, centre.clock.now_ms()
    csr = x509.CertificateSigningRequestBuilder().subject_name(x509.Name([])).sign(key, hashes.SHA256())
    pem = csr.public_bytes(serialization.Encoding.PEM).decode()
    certificate = centre.authority.issue(pem, origin, at or datetime.now(UTC))
    serial = f"{certificate.serial_number:X}"
    facts = issue_token(name, origin, actor="user:an", now_ms=at_ms, expires_ms=at_ms)
    await centre.recorder.decide(lambda: facts)
    state = centre.recorder.state(centre.credentials)
    await centre.recorder.decide(lambda: enrol(state, name, serial, key_hash(key.public_key()), now_ms=at_ms))
    write_key(centre.folder / f"{name}.key", key)
    (centre.folder / f"{name}.pem").write_text(pem_of(certificate))
    return trusting(centre.folder, name)


async def crowd_is(crowd: Crowd, count: int, *, within_s: float = 5) -> None:
    """Wait until *count* connections stand."""
    async with asyncio.timeout(within_s):
        while crowd.inside != count:  # noqa: ASYNC110 - other people's sockets tell nobody
            await asyncio.sleep(0.01)


def server_files(centre: Receiving) -> tuple[Path, Path, Path]:
    """Return certificate, key and authority of the centre's doors."""
    names = ["localhost", "127.0.0.1"]
    files = open_server(centre.folder, centre.authority, names, datetime.now(UTC))
    return *files, centre.folder / "ca.pem"
