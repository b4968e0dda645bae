"""Sighting: many records, from bytes to the rules that match, decoding no more than it takes.

    glance (which Windows event?) → sieve (can any rule match?) → read bare → match → parse whole

Each step may only end the way of a record that nothing matches; what is not sure goes on to the next.
"""

from soc.detection.sieve import Sieve
from soc.model.event import LogSource
from soc.parsing import moments
from soc.parsing.bare import read_bare
from soc.parsing.glance import FORMATS, Kind, doubts_of, known_of, logsources_of
from soc.parsing.reading import Context
from soc.pipeline.intake import Understanding

PATIENCE = 64
MAX_SIEVES = 1024
"""Kinds of Windows events; a sender may invent any number of channels."""


class Sighting:
    """Decides for records of one source whether any rule may match them."""

    def __init__(
        self, understanding: Understanding, zone: str, source: str, logsource: LogSource | None = None
    ) -> None:
        """Use the rules of *understanding*; *logsource* stands for whatever records tell of theirs."""
        self._engine = understanding.engine
        self._sources = understanding.sources
        self._context = Context(understanding.sources, moments.zone_named(zone)[0], 0, source, bare=True)
        self._glances = FORMATS if logsource is None else {}
        self._logsources = None if logsource is None else (logsource,)
        self._sieves: dict[Kind, Sieve] = {}
        self._in_vain = 0
        """Glances in a row that told nothing."""

    def is_nothing(self, raw: bytes, format_: str) -> bool:
        """Return True only if a record can be parsed and no rule matches it."""
        keywords = True
        kind = self._glance(raw, format_)
        if kind is not None:
            verdict = (self._sieves.get(kind) or self._sieve(kind)).judge(raw)
            if verdict.is_nothing:
                return True
            if verdict.peek is not None and kind[2]:
                matches = verdict.peek.matches(raw)
                if matches is not None:
                    return not matches
            keywords = verdict.keywords
        reading = read_bare(raw, format_, self._context)
        if reading is None:
            return False
        logsources = self._logsources or reading.logsources
        return not self._engine.match_fields(reading.fields, logsources, keywords=keywords)

    def _glance(self, raw: bytes, format_: str) -> Kind | None:
        """Return the kind of a record; in vain only now and then where no kind is ever told."""
        glance = self._glances.get(format_)
        if glance is None:
            return None
        if self._in_vain > PATIENCE and self._in_vain % PATIENCE:
            self._in_vain += 1
            return None
        kind = glance(raw)
        self._in_vain = 0 if kind is not None else self._in_vain + 1
        return kind

    def _sieve(self, kind: Kind) -> Sieve:
        if len(self._sieves) >= MAX_SIEVES:
            self._sieves.clear()
        logsources = logsources_of(kind, self._sources)
        sieve = self._engine.sieve(known_of(kind), logsources, doubts_of(kind))
        self._sieves[kind] = sieve
        return sieve
