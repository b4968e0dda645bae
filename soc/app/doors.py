"""The gateway's doors: the collectors' own port, and those that settings open beside it.

All of them share one count of connections and one desk, so that limits hold whichever door is taken.
"""

from asyncio import TaskGroup
from contextlib import AsyncExitStack

from soc.app.centre import Centre
from soc.gateway.authority import open_server
from soc.gateway.desk import Desk
from soc.gateway.enrolment import Enrolment
from soc.gateway.frame import Frame, collectors_tls
from soc.gateway.limits import Crowd
from soc.gateway.listener import Listener
from soc.gateway.patience import Patience
from soc.gateway.server import Gateway


async def open_doors(edges: AsyncExitStack, group: TaskGroup, centre: Centre) -> dict[str, str]:
    """Open what the settings name; return door → address, the collectors' port as ``gateway``.

    Raises:
        ConfigError: an address cannot be listened on.
    """
    config = centre.settings.gateway
    folder = centre.settings.data_dir / "pki"
    files = *open_server(folder, centre.authority, config.names, centre.clock.now()), folder / "ca.pem"
    crowd = Crowd(config.limits.connections, config.limits.connections_per_address)
    frame = Frame(edges, group, Listener(crowd, Patience(), centre.clock, centre.log))
    app = _collectors(centre, _desk(centre)).application()
    return {"gateway": "https://" + await frame.http(config.listen, collectors_tls(*files), app)}


def _desk(centre: Centre) -> Desk:
    return Desk(
        intake=centre.intake,
        recorder=centre.recorder,
        credentials=centre.folds.credentials,
        keys=centre.folds.keys,
        clock=centre.clock,
        log=centre.log,
        boot=centre.boot,
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
    return Gateway(centre.intake, desk, enrolment, centre.clock, centre.log)
