"""Rule files on disk: found in folders and read; one that cannot be read says why and stops no other."""

import os
import stat
from collections.abc import Iterator, Sequence
from pathlib import Path

from soc.rulebook.documents import MANIFEST, MAX_FILE_BYTES, OVERRIDES, RuleFile


def read_rule_files(paths: Sequence[Path]) -> list[RuleFile]:
    """Return the rule files at *paths*; folders are walked; cases, mapping data and pipelines left out."""
    return [
        read_file(path)
        for given in paths
        for path in _found(given)
        if _NO_RULES.isdisjoint(path.relative_to(given).parts[:-1])
    ]


def read_pipeline_files(paths: Sequence[Path]) -> list[RuleFile]:
    """Return the files of every folder ``pipelines`` in the folders *paths*."""
    return [
        read_file(path)
        for given in paths
        for path in _found(given)
        if "pipelines" in path.relative_to(given).parts[-2:-1]
    ]


def read_override_files(folders: Sequence[Path]) -> list[RuleFile]:
    """Return the file of overrides of each of *folders* that has one."""
    return [read_file(path) for folder in folders if os.path.lexists(path := folder / OVERRIDES)]


def read_file(path: Path) -> RuleFile:
    """Return the file at *path*; if it cannot be read, or is no regular file, its fault says why."""
    try:
        why = _unfit(path)
        text = "" if why else path.read_text(encoding="utf-8", errors="replace")
    except OSError as error:
        why, text = str(error.strerror), ""
    return RuleFile(path_text(path), text, why and f"cannot be read: {why}")


def path_text(path: Path) -> str:
    """Return *path* as text that can be printed and stored, whatever the bytes of its name."""
    return os.fsencode(path).decode("utf-8", "replace")


def _unfit(path: Path) -> str:
    """Return why *path* is not opened; opening a pipe or a device may wait for ever."""
    about = path.stat()
    if stat.S_ISDIR(about.st_mode):
        os.scandir(path).close()  # raises why it could not be walked
        return "it is a folder"
    if not stat.S_ISREG(about.st_mode):
        return "it is no regular file"
    return f"it is larger than {MAX_FILE_BYTES} bytes" if about.st_size > MAX_FILE_BYTES else ""


def _found(given: Path) -> Iterator[Path]:
    """Yield *given*, or what is in it and named as rules are, and the folders that cannot be listed."""
    if not given.is_dir():
        yield given
        return
    closed: list[OSError] = []
    found: list[Path] = []
    for folder, folders, names in os.walk(given, onerror=closed.append):
        folders[:] = [name for name in folders if not name.startswith(".")]
        found += [Path(folder, name) for name in (*folders, *names) if _named_as_rules(name)]
    yield from sorted({*found, *(Path(error.filename) for error in closed)})


def _named_as_rules(name: str) -> bool:
    ours = name.endswith((".yml", ".yaml")) and not name.endswith((".cases.yaml", ".cases.yml"))
    return ours and not name.startswith(".") and name not in {MANIFEST, OVERRIDES}


_NO_RULES = {"mappings", "pipelines"}
"""Folders whose files are no rules."""
