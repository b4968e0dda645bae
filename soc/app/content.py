"""Rules and mappings read from disk into one understanding, with what was rejected."""

import gc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from soc.app.packages import Licences
from soc.app.rule_cache import Compiled, RuleCache, key_of
from soc.detection.engine import Engine
from soc.detection.scanner import Databases
from soc.kernel.errors import ConfigError
from soc.parsing.mapping import Sources, entity_fields, known_logsource, load_mappings
from soc.pipeline.intake import Understanding
from soc.rulebook.attribution import licensed
from soc.rulebook.load import load, read_pipeline_files, read_rule_files
from soc.rulebook.override_filters import filter_files
from soc.rulebook.overrides import apply, read_override_files, read_overrides
from soc.rulebook.plan import Rulebook


@dataclass(frozen=True, slots=True)
class Content:
    """What the centre knows of attacks."""

    sources: Sources
    rulebook: Rulebook
    databases: Databases = field(default_factory=Databases)
    """What is compiled already."""
    keep: Callable[[], None] = lambda: None
    """Puts what was compiled into the cache, if there is one and it is new."""

    def understanding(self, *, routed: bool = True) -> Understanding:
        """Return the value intake reads records with; compiles the rules."""
        with _uncollected():
            engine = Engine(self.rulebook.rules, routed=routed, databases=self.databases)
        self.keep()
        return Understanding(self.sources, engine)


def read_content(folders: list[Path], mappings: Path, cache: RuleCache | None = None) -> Content:
    """Return the rules in *folders* over the mapping data in *mappings*; from *cache* if it has them.

    Raises:
        ConfigError: a folder is missing.
    """
    missing = [str(path) for path in (*folders, mappings) if not path.exists()]
    if missing:
        raise ConfigError("no such file or folder: " + ", ".join(missing))
    sources = load_mappings(_mapping_texts(mappings))
    if cache is None:
        return Content(sources, _read_rules(folders, sources))
    key = key_of(folders, mappings)
    with _uncollected():
        found = cache.get(key)
    rulebook = _read_rules(folders, sources) if found is None else found.rulebook
    known = {} if found is None else found.databases
    databases = Databases(known)
    # A file saved while they were read must not be kept under what the others were before.
    steady = found is not None or key_of(folders, mappings) == key

    def keep() -> None:
        if steady and (found is None or databases.made.keys() - known.keys()):
            cache.put(key, Compiled(rulebook, {**known, **databases.made}))

    return Content(sources, rulebook, databases, keep)


def _mapping_texts(folder: Path) -> dict[str, str]:
    try:
        return {path.name: path.read_text(encoding="utf-8") for path in sorted(folder.glob("*.yml"))}
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"mapping data in {folder} cannot be read: {error}") from error


def _read_rules(folders: list[Path], sources: Sources) -> Rulebook:
    files = read_rule_files(folders)
    wanted, overrides = filter_files(read_overrides(read_override_files(folders)), files)
    rulebook = load(
        [*files, *wanted],
        known=lambda logsource: known_logsource(sources, logsource),
        entities=lambda logsource: entity_fields(sources, logsource),
        pipelines=read_pipeline_files(folders),
    )
    return licensed(apply(rulebook, overrides), Licences().of)


@contextmanager
def _uncollected() -> Iterator[None]:
    """Spare the garbage collector the rules: millions of objects that will stay."""
    gc.disable()
    try:
        yield
        gc.freeze()
    finally:
        gc.enable()


def house_mappings() -> Path:
    """Return the mapping data that ships beside the program."""
    return Path(__file__).resolve().parents[2] / "rules" / "mappings"
