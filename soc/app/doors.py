"""The gateway's doors: the collectors' own port, and those that settings open beside it.

All of them share one count of connections and one desk, so that limits hold whichever door is taken.
"""

from asyncio import Semaphore, TaskGroup
from collections.abc import Iterator
from contextlib import AsyncExitStack
from pathlib import Path

from soc.app.centre import Centre
from soc.gateway.authority import open_server
from soc.gateway.beats import Beats
from soc.gateway.bulk import Bulk
from soc.gateway.desk import Desk, Door
from soc.gateway.doors import StreamDoor, Talks
from soc.gateway.doorway import Doorway
from soc.gateway.enrolment import Enrolment
from soc.gateway.frame import Frame, collectors_tls, others_tls
from soc.gateway.limits import Allowances, Crowd, Rates
from soc.gateway.listener import Listener
from soc.gateway.orders import Orders
from soc.gateway.patience import Patience
from soc.gateway.refusals import Holding, report_failures
from soc.gateway.relp import Relp
from soc.gateway.server import Gateway
from soc.gateway.syslog_door import Syslog
from soc.pipeline.supervise import supervise
from soc.settings.model import BeatsConfig, BulkConfig, GatewayConfig, RelpConfig, SyslogConfig

DoorConfig = BulkConfig | BeatsConfig | RelpConfig | SyslogConfig


async def open_doors(edges: AsyncExitStack, group: TaskGroup, centre: Centre) -> dict[str, str]:
    """Open what the settings name; return door → address, the collectors' port as ``gateway``.

    Raises:
        ConfigError: an address cannot be listened on.
    """
    config = centre.settings.gateway
    desk = _desk(centre)
    crowd = Crowd(config.limits.connections, config.limits.connections_per_address)
    listener = Listener(crowd, Patience(), centre.clock, centre.log)
    frame = Frame(edges, group, listener, Holding(desk.failures, centre.clock))
    files = _files(centre)
    app = _collectors(centre, desk).application()
    found = {"gateway": "https://" + await frame.http(config.listen, collectors_tls(*files), app)}
    if config.bulk is not None:
        way = _way(desk, Door.BULK, config.bulk)
        app = Bulk(way, config.bulk.version, config.bulk.max_body_mib << 20).application()
        tls = others_tls(*files, anonymous=True)
        found[Door.BULK] = "https://" + await frame.http(config.bulk.listen, tls, app)
    group.create_task(_report_failures(centre, desk), name="failures")
    tls = others_tls(*files, anonymous=False)
    for name, listen, door in _stream_doors(desk, config):
        found[name] = await frame.stream(listen, tls, Talks(name, door, centre.log))
    return found


def _stream_doors(desk: Desk, config: GatewayConfig) -> Iterator[tuple[Door, str, StreamDoor]]:
    if config.beats is not None:
        yield Door.BEATS, config.beats.listen, Beats(_way(desk, Door.BEATS, config.beats))
    if config.relp is not None:
        yield Door.RELP, config.relp.listen, Relp(_way(desk, Door.RELP, config.relp))
    if config.syslog is not None:
        yield Door.SYSLOG, config.syslog.listen, Syslog(_way(desk, Door.SYSLOG, config.syslog))


async def _report_failures(centre: Centre, desk: Desk) -> None:
    await supervise(
        "failures",
        lambda: report_failures(desk.failures, centre.report.emit, centre.clock),
        clock=centre.clock,
        log=centre.log,
    )


def _way(desk: Desk, door: Door, config: DoorConfig) -> Doorway:
    return Doorway(desk, door, config.source, config.format, config.zone)


def _files(centre: Centre) -> tuple[Path, Path, Path]:
    folder, names = centre.settings.data_dir / "pki", centre.settings.gateway.names
    return *open_server(folder, centre.authority, names, centre.clock.now()), folder / "ca.pem"


def _desk(centre: Centre) -> Desk:
    limits = centre.settings.gateway.limits
    rates = Rates(limits.agency_events_per_second, limits.agency_kib_per_second << 10, limits.burst_seconds)
    return Desk(
        intake=centre.intake,
        recorder=centre.recorder,
        credentials=centre.folds.credentials,
        keys=centre.folds.keys,
        clock=centre.clock,
        log=centre.log,
        boot=centre.boot,
        allowances=Allowances(rates),
        places=Semaphore(limits.places),
        places_each=max(1, limits.places // 2),
    )


def _collectors(centre: Centre, desk: Desk) -> Gateway:
    enrolment = Enrolment(
        recorder=centre.recorder,
        credentials=centre.folds.credentials,
        authority=centre.authority,
        signer=centre.signer,
        clock=centre.clock,
        log=centre.log,
    )
    orders = Orders(centre.recorder, centre.folds.revisions, centre.fleet.resend_from, centre.clock)
    return Gateway(centre.intake, desk, enrolment, orders)
