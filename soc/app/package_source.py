"""A rule package as it comes: a ZIP file or a folder, of which rules and licence are taken within bounds."""

import lzma
import re
import stat
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path, PurePosixPath
from typing import IO

from soc.kernel.errors import ConfigError, shortened
from soc.rulebook.documents import MAX_FILE_BYTES

MAX_PATH_CHARACTERS = 300
VERSION_FILE = "version.txt"


@dataclass(frozen=True, slots=True)
class Bounds:
    """How large a package may be."""

    entries: int = 50_000
    """Files, those that are not taken counted too."""
    total_bytes: int = 256 << 20
    """Of all that is read together, unpacked."""


BOUNDS = Bounds()


@dataclass(frozen=True, slots=True)
class Bundle:
    """What is taken of a package."""

    rules: dict[str, bytes]
    """Path within the package → content, by path."""
    licence: tuple[str, bytes] | None
    """File name and text."""
    version: str
    """First line of ``version.txt``; empty if there is none."""
    left_out: int
    """Files that are neither."""


@dataclass(frozen=True, slots=True)
class _Entry:
    """One file of a package that may be read."""

    path: str
    open: Callable[[], IO[bytes]]


def read_bundle(source: Path, only: tuple[str, ...] = (), bounds: Bounds = BOUNDS) -> Bundle:
    """Return what is taken of the package at *source*: of its folders *only*, if any are named.

    Raises:
        ConfigError: it is no package, breaks a bound, has a name that leads elsewhere, or holds no rule.
    """
    try:
        if source.is_dir():
            return _taken(source, list(_of_folder(source, bounds)), only, bounds)
        with zipfile.ZipFile(source) as archive:
            return _taken(source, list(_of_archive(source, archive, bounds)), only, bounds)
    except _UNREADABLE as error:
        raise ConfigError(f"{source}: no package that can be read: {error}") from error


def _taken(source: Path, entries: list[_Entry], only: tuple[str, ...], bounds: Bounds) -> Bundle:
    root = _root(entries) if source.is_file() else ""
    read: dict[str, bytes] = {}
    total = 0
    for entry in sorted(entries, key=lambda found: found.path):
        path = entry.path.removeprefix(root)
        if _wanted(path, only):
            read[path] = _read(source, entry)
            total += len(read[path])
        if total > bounds.total_bytes:
            raise ConfigError(f"{source}: more than {bounds.total_bytes} bytes of rules")
    rules = {path: content for path, content in read.items() if _is_rule(path, content)}
    if not rules:
        raise ConfigError(f"{source}: holds no Sigma rule" + (f" in {', '.join(only)}" if only else ""))
    licences = sorted((path for path in read if _is_licence(path)), key=lambda path: (path.count("/"), path))
    version = read.get(VERSION_FILE, b"").decode("utf-8", "replace").strip().partition("\n")[0][:80]
    return Bundle(
        rules=rules,
        licence=(PurePosixPath(licences[0]).name, read[licences[0]]) if licences else None,
        version=version.strip(),
        left_out=len(entries) - len(rules) - bool(licences),
    )


def _wanted(path: str, only: tuple[str, ...]) -> bool:
    """Return whether a file has to be read to know what it is."""
    if _is_licence(path) or path == VERSION_FILE:
        return True
    inside = not only or any(path.startswith(folder.strip("/") + "/") for folder in only)
    return inside and _YAML.search(path) is not None and not _CASES.search(path)


def _is_licence(path: str) -> bool:
    return _LICENCE.fullmatch(PurePosixPath(path).name) is not None


def _is_rule(path: str, content: bytes) -> bool:
    return not _is_licence(path) and _IS_RULE.search(content) is not None


def _read(source: Path, entry: _Entry) -> bytes:
    with entry.open() as stream:
        content = stream.read(MAX_FILE_BYTES + 1)
    if len(content) > MAX_FILE_BYTES:
        raise ConfigError(f"{source}: {shortened(entry.path)} is larger than {MAX_FILE_BYTES} bytes")
    return content


def _of_folder(source: Path, bounds: Bounds) -> Iterator[_Entry]:
    count = 0
    for path in sorted(source.rglob("*")):
        inner = path.relative_to(source).as_posix()
        hidden = any(part.startswith(".") for part in inner.split("/"))
        if hidden or path.is_symlink() or not path.is_file():
            continue
        count += 1
        _check_count(source, count, bounds)
        _check_name(source, inner)
        yield _Entry(inner, partial(_opened, path))


def _opened(path: Path) -> IO[bytes]:
    return path.open("rb")


def _of_archive(source: Path, archive: zipfile.ZipFile, bounds: Bounds) -> Iterator[_Entry]:
    seen: set[str] = set()
    _check_count(source, len(archive.infolist()), bounds)
    for info in archive.infolist():
        _check_name(source, info.filename.rstrip("/"))
        if info.is_dir() or any(part.startswith(".") for part in info.filename.split("/")):
            continue
        if stat.S_ISLNK(info.external_attr >> 16):
            raise ConfigError(f"{source}: {shortened(info.filename)} is a link")
        if info.flag_bits & 1:
            raise ConfigError(f"{source}: {shortened(info.filename)} is encrypted")
        if info.filename.lower() in seen:
            raise ConfigError(f"{source}: {shortened(info.filename)} is there twice")
        seen.add(info.filename.lower())
        yield _Entry(info.filename, partial(archive.open, info))


def _check_count(source: Path, count: int, bounds: Bounds) -> None:
    if count > bounds.entries:
        raise ConfigError(f"{source}: more than {bounds.entries} files")


def _check_name(source: Path, name: str) -> None:
    leads_elsewhere = name.startswith("/") or _ODD.search(name) or {"..", ""} & set(name.split("/"))
    if leads_elsewhere or len(name) > MAX_PATH_CHARACTERS:
        raise ConfigError(
            f"{source}: the name {shortened(name)}; accepted: relative paths of "
            f"up to {MAX_PATH_CHARACTERS} plain characters"
        )


def _root(entries: list[_Entry]) -> str:
    """Return the one folder that everything is in, with its slash; empty if there is none."""
    roots = {entry.path.partition("/")[0] if "/" in entry.path else "" for entry in entries}
    return f"{roots.pop()}/" if len(roots) == 1 and "" not in roots else ""


_YAML = re.compile(r"\.ya?ml$", re.IGNORECASE)
_CASES = re.compile(r"\.cases\.ya?ml$", re.IGNORECASE)
_LICENCE = re.compile(r"(?:LICEN[CS]E|COPYING)[^/]*", re.IGNORECASE)
_IS_RULE = re.compile(rb"^(?:detection|correlation|filter)[ \t]*:", re.MULTILINE)
_ODD = re.compile(r"[\x00-\x1f\x7f\\:*?\"<>|]")
_UNREADABLE = (
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    struct.error,
    EOFError,
    OSError,
    NotImplementedError,
    RuntimeError,
    ValueError,
)
"""What zipfile raises for an archive that is damaged, encrypted or of a later time."""
