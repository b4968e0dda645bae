"""The public rules of the corpora, loaded as the project loads its own."""

from functools import cache
from pathlib import Path

from support.readings import own_sources

from soc.parsing.mapping import entity_fields, known_logsource
from soc.rulebook.load import load, read_rule_files
from soc.rulebook.plan import Rulebook


@cache
def public_book(corpora: Path) -> Rulebook:
    """Every SigmaHQ rule, without placeholder lists; loaded once for all tests (some five seconds)."""
    sources = own_sources()
    return load(
        read_rule_files(sorted((corpora / "sigma").glob("rules*"))),
        known=lambda logsource: known_logsource(sources, logsource),
        entities=lambda logsource: entity_fields(sources, logsource),
    )
