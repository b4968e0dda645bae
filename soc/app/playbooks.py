"""Playbooks read from disk, all of them good or none."""

from pathlib import Path

from soc.kernel.errors import ConfigError
from soc.response.linter import check
from soc.response.playbook import Playbook


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
