"""Rules, mappings and playbooks read from disk into one understanding, with what was rejected."""

from dataclasses import dataclass
from pathlib import Path

from soc.app.packages import Licences
from soc.detection.engine import Engine
from soc.kernel.errors import ConfigError
from soc.parsing.mapping import Sources, entity_fields, known_logsource, load_mappings
from soc.pipeline.intake import Understanding
from soc.response.linter import check
from soc.response.playbook import Playbook
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

    def understanding(self, *, routed: bool = True) -> Understanding:
        """Return the value intake reads records with; compiles the rules."""
        return Understanding(self.sources, Engine(self.rulebook.rules, routed=routed))


def read_content(folders: list[Path], mappings: Path) -> Content:
    """Return the rules in *folders* over the mapping data in *mappings*.

    Raises:
        ConfigError: a folder is missing.
    """
    missing = [str(path) for path in (*folders, mappings) if not path.exists()]
    if missing:
        raise ConfigError("no such file or folder: " + ", ".join(missing))
    texts = {path.name: path.read_text(encoding="utf-8") for path in sorted(mappings.glob("*.yml"))}
    sources = load_mappings(texts)
    files = read_rule_files(folders)
    wanted, overrides = filter_files(read_overrides(read_override_files(folders)), files)
    rulebook = load(
        [*files, *wanted],
        known=lambda logsource: known_logsource(sources, logsource),
        entities=lambda logsource: entity_fields(sources, logsource),
        pipelines=read_pipeline_files(folders),
    )
    return Content(sources, licensed(apply(rulebook, overrides), Licences().of))


def read_playbooks(folders: list[Path]) -> tuple[Playbook, ...]:
    """Return the playbooks in *folders*.

    Raises:
        ConfigError: every fault of every playbook at once; a centre never runs half a playbook.
    """
    found: list[Playbook] = []
    faults: list[str] = []
    for path in (path for folder in folders for path in sorted(folder.glob("*.yaml"))):
        if not path.name.endswith(".cases.yaml"):
            playbook, errors = check(path.read_text(encoding="utf-8"))
            faults += [f"{path}: {error}" for error in errors]
            found += [playbook] if playbook is not None else []
    if faults:
        raise ConfigError("\n".join(faults))
    return tuple(found)


def house_mappings() -> Path:
    """Return the mapping data that ships beside the program."""
    return Path(__file__).resolve().parents[2] / "rules" / "mappings"
