"""The program as a whole: one database, two listeners, from ready to stopped."""

import asyncio
import ssl
from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from aiohttp import web
from aiohttp.typedefs import Middleware

from soc.ncsc_stub.admin import Admin
from soc.ncsc_stub.api import Api
from soc.ncsc_stub.content import MAX_BODY_BYTES
from soc.ncsc_stub.database import Database, tally
from soc.ncsc_stub.faults import Faults
from soc.ncsc_stub.instants import Clock
from soc.ncsc_stub.problem import Refusal, answer_problems
from soc.ncsc_stub.rate import Rate
from soc.ncsc_stub.settings import Settings, address
from soc.ncsc_stub.submission import Running

KEEPALIVE_S = 75
SHUTDOWN_S = 5


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where it listens, as URLs without a path."""

    api: str
    admin: str


async def serve(
    settings: Settings, *, now_ms: Clock, stop: asyncio.Event, ready: Callable[[Addresses], None]
) -> None:
    """Listen until *stop* is set, then finish what was begun; *ready* is told where, once both listen.

    Raises:
        OSError: an address is taken, or a file cannot be read.
    """
    tls = _tls(settings)
    faults, running, rate = Faults(), Running(), Rate(settings.requests_per_minute)
    async with AsyncExitStack() as stack:
        database = await stack.enter_async_context(Database(Path(settings.data_dir) / "ncsc.sqlite"))
        api = Api(database, rate, faults, running, now_ms)
        public = _application(api.routes(), [answer_problems(partial(_count, database)), api.guard])
        private = _application(Admin(database, faults, running, now_ms).routes(), [answer_problems()])
        addresses = Addresses(
            api=await _listen(stack, public, settings.listen, tls),
            admin=await _listen(stack, private, settings.admin, None),
        )
        ready(addresses)
        await stop.wait()


async def _count(database: Database, refusal: Refusal) -> None:
    await database.run(partial(tally, name=refusal.label))


def _application(routes: list[web.RouteDef], middlewares: list[Middleware]) -> web.Application:
    application = web.Application(client_max_size=MAX_BODY_BYTES, middlewares=middlewares)
    application.add_routes(routes)
    return application


async def _listen(
    stack: AsyncExitStack, application: web.Application, where: str, tls: ssl.SSLContext | None
) -> str:
    runner = web.AppRunner(
        application, access_log=None, keepalive_timeout=KEEPALIVE_S, shutdown_timeout=SHUTDOWN_S
    )
    await runner.setup()
    stack.push_async_callback(runner.cleanup)
    host, port = address(where)
    await web.TCPSite(runner, host, port, ssl_context=tls).start()
    bound_host, bound_port = runner.addresses[0][:2]
    shown = f"[{bound_host}]" if ":" in bound_host else bound_host
    return f"{'http' if tls is None else 'https'}://{shown}:{bound_port}"


def _tls(settings: Settings) -> ssl.SSLContext:
    """Return TLS 1.3 that lets in only whoever shows a certificate of the clients' authority."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.load_cert_chain(settings.cert, settings.key)
    context.load_verify_locations(settings.client_ca)
    context.verify_mode = ssl.CERT_REQUIRED
    return context
