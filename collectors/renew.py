"""Stage renew: months before the certificate ends a new one, over a new key, takes its place.

The old one holds until it ends, so nothing is lost whenever this is cut off; the new key is kept before
it is asked for, so that a lost answer is asked for again. A refusal never enrols: that is for people.
"""

import asyncio
import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from collectors.credential import Credential, store_credential
from soc.kernel.clock import Clock
from soc.kernel.errors import AuthError, WireError
from soc.kernel.logs import Log, Said

BEFORE = timedelta(days=90)
"""A machine that is off for the summer must find its certificate good."""
SPREAD = timedelta(days=14)
"""A province that enrolled on one day does not renew in one hour."""
LOOK_EVERY = timedelta(hours=6)


@dataclass(frozen=True, slots=True)
class Renewal:
    """Keeps one credential good."""

    gateways: list[str]
    credential: Credential
    clock: Clock
    log: Log
    jitter: Callable[[], float] = random.random

    async def run(self) -> None:
        """Return when a new credential lies in the folder; it serves from the next start of shipping on."""
        due_at = self.credential.expires_at - BEFORE + self.jitter() * SPREAD
        while not (self.clock.now() >= due_at and await self._renewed()):
            await self.clock.sleep(LOOK_EVERY * (0.5 + self.jitter() / 2))

    async def _renewed(self) -> bool:
        # Certificates are a library of 8 MB that is needed once a year.
        from collectors.enrol import asked_key, renew  # noqa: PLC0415

        folder, kept = self.credential.folder, asked_path(self.credential.folder)
        try:
            key_pem, csr_pem = await asyncio.to_thread(asked_key, kept)
            answer = await renew(self.gateways, csr_pem, self.credential.tls())
            if answer.origin != self.credential.origin:
                raise AuthError("the centre answered with another identity")  # noqa: TRY301
            await asyncio.to_thread(store_credential, folder, key_pem, answer)
        except (AuthError, WireError) as error:
            holds_until = self.credential.expires_at.isoformat()
            self.log.warning(Said.RENEWED, failed=str(error), holds_until=holds_until)
            return False
        kept.unlink(missing_ok=True)
        self.log.info(Said.RENEWED, collector=self.credential.origin.collector)
        return True


def asked_path(folder: Path) -> Path:
    """Return where the key waits that a certificate for *folder* was asked for with."""
    return folder.with_suffix(".asked.pem")
