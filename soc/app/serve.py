"""``soc serve``: every role in one process, each stage a named, supervised task.

Shutdown follows the flow: the collectors' port closes first, then the stages, then the stores.
"""

import asyncio
import ssl
from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from aiohttp import web

from soc.app.centre import Centre, open_centre
from soc.app.control import open_control
from soc.app.doors import open_doors
from soc.app.stages import announce, stages
from soc.console.pages import application
from soc.console.parts import Parts
from soc.kernel.clock import Clock
from soc.kernel.errors import ConfigError
from soc.kernel.logs import Log, Said
from soc.model.identity import SOC_AGENCY
from soc.pipeline.supervise import supervise
from soc.settings.model import Settings

GRACE = timedelta(seconds=5)


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where the centre listens."""

    gateway: str
    console: str
    socket: Path
    doors: Mapping[str, str]
    """Beside the collectors' port: name → address."""


class _Stop(Exception):
    """Ends the TaskGroup from inside."""


async def serve(
    settings: Settings,
    *,
    clock: Clock,
    log: Log,
    stop: asyncio.Event,
    ready: Callable[[Addresses], None],
) -> None:
    """Run the centre until *stop* is set; *ready* is told the addresses once everything listens.

    Raises:
        SocError: settings cannot be used; alone or in an ``ExceptionGroup``.
    """
    async with open_centre(settings, clock, log) as centre:
        await announce(centre, centre.rules.content)
        try:
            async with AsyncExitStack() as edges, asyncio.TaskGroup() as group:
                addresses = await _listen(edges, group, centre)
                for name, stage in stages(centre).items():
                    group.create_task(supervise(name, stage, clock=clock, log=log), name=name)
                ready(addresses)
                log.info(
                    Said.STARTED, gateway=addresses.gateway, console=addresses.console, **addresses.doors
                )
                await _until(stop, edges, log)
        except* _Stop:
            pass
        await centre.recorder.snapshot()
        log.info(Said.STOPPED)


async def _until(stop: asyncio.Event, edges: AsyncExitStack, log: Log) -> None:
    """Wait for *stop*, close what listens, then end the group.

    Raises:
        _Stop: always, in the end.
    """
    await stop.wait()
    log.info(Said.STOPPING)
    await edges.aclose()
    raise _Stop


async def _listen(edges: AsyncExitStack, group: asyncio.TaskGroup, centre: Centre) -> Addresses:
    doors = await open_doors(edges, group, centre)
    console = await _listen_console(edges, centre)
    socket = await open_control(edges, centre, console)
    return Addresses(doors.pop("gateway"), console, socket, doors)


async def _listen_console(edges: AsyncExitStack, centre: Centre) -> str:
    config = centre.settings.console
    context = None
    if config.certificate is not None and config.key is not None:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        try:
            context.load_cert_chain(config.certificate, config.key)
        except OSError as error:
            why = error.strerror or error
            raise ConfigError(f"console: {why}: {config.certificate} or {config.key}") from error
    parts = Parts(
        recorder=centre.recorder,
        alerts=centre.folds.alerts,
        runs=centre.folds.runs,
        events=centre.events,
        accounts=centre.accounts,
        fleet=lambda days: centre.fleet.rows(centre.clock.now_ms(), days=days),
        counts=centre.counts,
        rulebook=lambda: centre.rules.rulebook,
        playbooks={playbook.id: playbook.name for playbook in centre.playbooks},
        agencies={SOC_AGENCY: "SOC"} | {agency.id: agency.name for agency in centre.settings.agency},
        zone=centre.settings.zone,
        language=config.language,
        secure=context is not None,
        clock=centre.clock,
        log=centre.log,
    )
    return await _site(edges, application(parts), config.listen, context)


async def _site(
    edges: AsyncExitStack, app: web.Application, listen: str, context: ssl.SSLContext | None
) -> str:
    host, _, port = listen.rpartition(":")
    runner = await _runner(edges, app)
    try:
        await web.TCPSite(runner, host.strip("[]"), int(port), ssl_context=context).start()
    except OSError as error:
        raise ConfigError(f"cannot listen on {listen}: {error.strerror or error}") from error
    bound = runner.addresses[0]
    return f"{'https' if context else 'http'}://{bound[0]}:{bound[1]}"


async def _runner(edges: AsyncExitStack, app: web.Application) -> web.AppRunner:
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=GRACE.total_seconds())
    await runner.setup()
    edges.push_async_callback(runner.cleanup)
    return runner
