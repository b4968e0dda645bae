"""Public rule packages beside the house rules: kept whole, with source, licence, version and hash.

``<rules>/packages/NAME/`` holds the rule files as they came, the licence, and ``PACKAGE.yml``. A package is
never edited; what a province wants otherwise stands in ``<rules>/overrides.yml``, which no import touches.
"""

import hashlib
import os
import re
import shutil
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import msgspec
import yaml

from soc.app.package_source import Bundle, read_bundle
from soc.kernel.errors import ConfigError, shortened
from soc.rulebook.documents import MANIFEST

FOLDER = "packages"


class Manifest(msgspec.Struct, frozen=True):
    """What ``PACKAGE.yml`` says."""

    name: str
    source: str
    """File or folder it was imported from."""
    version: str
    imported_on: str
    """Day, ``YYYY-MM-DD``."""
    licence: str
    """Its name: ``DRL-1.1``."""
    licence_file: str
    """Beside this file; empty if the package brought none."""
    files: int
    bytes: int
    hash: str
    """SHA-256 over paths and contents."""


class About(msgspec.Struct, frozen=True):
    """What the person who imports says of a package."""

    name: str
    version: str
    """Empty: as the package says."""
    licence: str
    """Empty: as the licence file says."""
    day: str


def place_of(into: Path, name: str) -> Path:
    """Return where the package *name* is kept in the rules folder *into*.

    Raises:
        ConfigError: no such name can be.
    """
    if not _NAME.fullmatch(name):
        raise ConfigError(f"package name {shortened(name)}; accepted: lower-case letters, digits, - and _")
    return into / FOLDER / name


def install(bundle: Bundle, source: Path, about: About, into: Path) -> Manifest:
    """Keep *bundle* in the rules folder *into*, in place of an earlier one of that name, all or nothing.

    Raises:
        ConfigError: it has no licence and none is named; or the name cannot be.
        OSError: it cannot be written; nothing of it stays.
    """
    place = place_of(into, about.name)
    manifest = _manifest(bundle, source, about)
    new, old = place.with_name(f".{about.name}.new"), place.with_name(f".{about.name}.old")
    _recover(place, old)
    try:
        for rest in (new, old):
            _remove(rest)
        _write(bundle, manifest, new)
        if os.path.lexists(place):
            place.rename(old)
        new.rename(place)
    finally:
        _recover(place, old)
        with suppress(OSError):  # the next import tries again
            _remove(new)
            _remove(old)
    return manifest


def installed(into: Path, name: str) -> tuple[Manifest, Bundle]:
    """Return the package *name* as it is kept in the rules folder *into*.

    Raises:
        ConfigError: there is none, or it was changed since its import.
    """
    place = place_of(into, name)
    _recover(place, place.with_name(f".{name}.old"))
    manifest = _manifest_in(place)
    if manifest is None:
        raise ConfigError(
            f"no package {name!r} in {into / FOLDER}; kept there: {', '.join(_names(into)) or 'none'}"
        )
    bundle = read_bundle(place)
    if hash_of(bundle.rules) != manifest.hash:
        raise ConfigError(
            f"{place} was edited after its import; use overrides.yml, and import with --replace"
        )
    return manifest, bundle


class Licences:
    """Licences of rule files by the packages that they are in; the papers of each package are read once."""

    def __init__(self) -> None:
        self._known: dict[Path, str] = {}

    def of(self, path: str) -> str:
        """Return the licence of the rule file *path*; empty if it is in no package.

        Raises:
            ConfigError: the PACKAGE.yml of its package cannot be read.
        """
        return next(filter(None, map(self._in, _places_above(path))), "")

    def _in(self, place: Path) -> str:
        if place not in self._known:
            manifest = _manifest_in(place)
            self._known[place] = manifest.licence if manifest else ""
        return self._known[place]


def hash_of(rules: Mapping[str, bytes]) -> str:
    """Return the hash of a package's rule files."""
    whole = hashlib.sha256()
    for path in sorted(rules):
        whole.update(path.encode() + b"\0" + hashlib.sha256(rules[path]).digest())
    return whole.hexdigest()


def _manifest(bundle: Bundle, source: Path, about: About) -> Manifest:
    text = bundle.licence[1].decode("utf-8", "replace") if bundle.licence else ""
    licence = about.licence or next((name for words, name in _LICENCES.items() if words in text), "")
    if not licence:
        found = "its licence is not known here" if text else "it brings no licence file"
        raise ConfigError(f"{source}: {found}; say --licence NAME")
    return Manifest(
        name=about.name,
        source=source.name,
        version=about.version or bundle.version or about.day,
        imported_on=about.day,
        licence=licence,
        licence_file=bundle.licence[0] if bundle.licence else "",
        files=len(bundle.rules),
        bytes=sum(map(len, bundle.rules.values())),
        hash=hash_of(bundle.rules),
    )


def _recover(place: Path, old: Path) -> None:
    """Bring back what an import that was cut short had put aside."""
    if old.is_dir() and not old.is_symlink() and not os.path.lexists(place):
        old.rename(place)


def _remove(rest: Path) -> None:
    """Remove what an import left behind; of a link, only the link."""
    if rest.is_dir() and not rest.is_symlink():
        shutil.rmtree(rest)
    else:
        rest.unlink(missing_ok=True)


def _write(bundle: Bundle, manifest: Manifest, place: Path) -> None:
    for path, content in bundle.rules.items():
        target = place / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
    if bundle.licence is not None:
        (place / bundle.licence[0]).write_bytes(bundle.licence[1])
    (place / MANIFEST).write_text(_written(manifest), encoding="utf-8")


def _names(into: Path) -> list[str]:
    return sorted(found.parent.name for found in (into / FOLDER).glob(f"[!.]*/{MANIFEST}"))


def _written(manifest: Manifest) -> str:
    data: dict[str, Any] = msgspec.to_builtins(manifest)
    head = "# Written by soc rules import. Do not edit this folder: overrides.yml outlives the next import.\n"
    return head + yaml.safe_dump(data, sort_keys=False, allow_unicode=True)


def _places_above(path: str) -> Iterator[Path]:
    """Yield the folders that would be the package of the file *path*: those right below a ``packages``."""
    parts = Path(path).parts if FOLDER in path else ()
    for depth, part in enumerate(parts[:-2]):
        if part == FOLDER:
            yield Path(*parts[: depth + 2])


def _manifest_in(place: Path) -> Manifest | None:
    path = place / MANIFEST
    if not path.is_file():
        return None
    try:
        return msgspec.convert(yaml.safe_load(path.read_text(encoding="utf-8")), Manifest)
    except (yaml.YAMLError, msgspec.ValidationError, UnicodeDecodeError, OSError) as error:
        raise ConfigError(f"{path}: {error}") from error


_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")
_LICENCES = {
    "Detection Rule License (DRL) 1.1": "DRL-1.1",
    "Detection Rule License": "DRL",
    "Apache License": "Apache-2.0",
    "MIT License": "MIT",
    "GNU GENERAL PUBLIC LICENSE": "GPL",
}
