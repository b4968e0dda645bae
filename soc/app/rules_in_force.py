"""The rules in force: read again when their files change, and switched on between two batches.

A change is compiled by a process of its own, which leaves it in the cache; batches go on meanwhile by the
rules they began with. A change that brings new faults is not taken: what ran before goes on running.
"""

import asyncio
import gc
import os
import sys
from collections.abc import Awaitable, Callable, Iterable
from datetime import timedelta
from multiprocessing import get_context
from pathlib import Path

from soc.app.content import Content, read_content
from soc.app.rule_cache import RuleCache
from soc.kernel.clock import Clock
from soc.kernel.errors import ConfigError
from soc.kernel.logs import Log, Said
from soc.pipeline.intake import Understanding
from soc.rulebook.plan import Rulebook

LOOK_EVERY = timedelta(seconds=2)
COMPILED_WITHIN = timedelta(minutes=5)
Signature = frozenset[tuple[str, int, int]]
"""Path, size and modification of every file: cheap to look at, unlike what the files hold."""


class RulesInForce:
    """What the centre reads records with at this moment."""

    def __init__(self, folders: list[Path], mappings: Path, cache: Path, log: Log) -> None:
        """Read and compile the rules in *folders*; *cache* is a folder of this centre's own.

        Raises:
            ConfigError: a folder is missing.
        """
        self._folders, self._mappings, self._cache, self._log = folders, mappings, cache, log
        self._signature = _signature((*folders, mappings))
        self.content = self._read()
        self.understanding = self.content.understanding()
        gc.freeze()
        for error in self.rulebook.errors:
            log.warning(Said.RULE_REJECTED, error=error)

    @property
    def rulebook(self) -> Rulebook:
        """The rules and correlations."""
        return self.content.rulebook

    async def watch(self, announce: Callable[[Content], Awaitable[None]], clock: Clock) -> None:
        """Look for changes for ever; *announce* is told of each before it decides anything."""
        refused: Signature | None = None
        while True:
            await clock.sleep(LOOK_EVERY)
            seen = await asyncio.to_thread(_signature, (*self._folders, self._mappings))
            if seen in (self._signature, refused):
                continue
            changed = await asyncio.to_thread(self._changed)
            if changed is None:
                refused = seen
                continue
            content, understanding = changed
            await announce(content)
            self.content, self.understanding, self._signature = content, understanding, seen
            self._log.info(Said.RULES_LOADED, hash=content.rulebook.hash, rules=len(content.rulebook.rules))

    def _changed(self) -> tuple[Content, Understanding] | None:
        """Return what the files say now; None, with the reason in the log, if that cannot be used."""
        try:
            self._compile_apart()
            content = self._read()
        except (ConfigError, OSError, UnicodeError) as error:
            self._log.warning(Said.RULES_REFUSED, error=str(error))
            return None
        faults = set(content.rulebook.errors) - set(self.rulebook.errors)
        for fault in sorted(faults):
            self._log.warning(Said.RULES_REFUSED, error=fault)
        return None if faults else (content, content.understanding())

    def _compile_apart(self) -> None:
        """Let a process of its own read and compile the files: whatever they do to it, this one goes on.

        Raises:
            ConfigError: it failed, or took too long.
        """
        apart = get_context("spawn").Process(
            target=compile_rules, args=(self._folders, self._mappings, self._cache), daemon=True
        )
        apart.start()
        apart.join(COMPILED_WITHIN.total_seconds())
        if apart.exitcode is None:
            apart.kill()
            apart.join()
            raise ConfigError(f"rules were not compiled within {COMPILED_WITHIN}")
        if apart.exitcode != 0:
            raise ConfigError(f"the process that compiles rules ended with {apart.exitcode}")

    def _read(self) -> Content:
        cache = RuleCache(self._cache, lambda reason: self._log.warning(Said.RULE_CACHE, reason=reason))
        return read_content(self._folders, self._mappings, cache)


def compile_rules(folders: list[Path], mappings: Path, cache: Path) -> None:
    """Leave the rules in *folders*, compiled, in the folder *cache*; end with what is wrong, if anything."""
    try:
        read_content(folders, mappings, RuleCache(cache, lambda _: None)).understanding()
    except (ConfigError, OSError) as error:
        sys.exit(str(error))


def _signature(roots: Iterable[Path]) -> Signature:
    found: set[tuple[str, int, int]] = set()
    for root in roots:
        found.add((str(root), int(root.exists()), 0))
        for folder, _, names in os.walk(root):
            for name in names:
                path = Path(folder, name)
                try:
                    about = path.stat()
                    found.add((str(path), about.st_size, about.st_mtime_ns))
                except OSError as error:  # gone meanwhile, a loop of links, not allowed
                    found.add((str(path), -1, error.errno or 0))
    return frozenset(found)
