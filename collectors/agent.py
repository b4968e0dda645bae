"""The agent: one generation after another, each with the settings and the credential of its beginning."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from collectors.configuration import Configuration
from collectors.corrected import CorrectedClock
from collectors.credential import load_credential
from collectors.generation import Generation
from soc.kernel.clock import Clock
from soc.kernel.errors import ConfigError
from soc.kernel.logs import Log, Said


@dataclass(frozen=True, slots=True)
class Agent:
    """One run of a collector."""

    configuration: Configuration
    clock: Clock
    log: Log

    async def run(self, stop: asyncio.Event, ready: Callable[[], None]) -> None:
        """Collect until *stop* is set; *ready* is called whenever everything listens.

        Raises:
            SpoolError: the spool is in use, or its disk fails.
            ConfigError: an address cannot be listened on.
            AuthError: the credential cannot be used.
        """
        corrected = CorrectedClock(self.clock)
        while not stop.is_set():
            settings = self.configuration.start()
            credential = load_credential(settings.credential_dir)
            generation = Generation(settings, self.configuration, credential, corrected, self.clock, self.log)
            try:
                await generation.run(stop, ready)
            except ConfigError as error:
                if not self.configuration.is_on_trial:
                    raise
                self.configuration.roll_back(str(error))
                self.log.warning(Said.CONFIGURATION, fate="rolled_back", why=str(error))
