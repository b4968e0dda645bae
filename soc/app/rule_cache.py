"""The rule cache: what reading and compiling rules gave, so that the next start need not do it again.

An entry is found by all that it was made from: every rule, pipeline, override and mapping, this program's
own code, hyperscan's version and the processor's features. It holds data only (msgpack and hyperscan's
serialised databases); one that is damaged, or that others may have written, is as good as none.
"""

import hashlib
import os
import platform
import stat
from collections.abc import Callable, Iterable
from importlib.metadata import version
from pathlib import Path
from typing import Final

import msgspec

from soc.detection.scanner import Made
from soc.rulebook.plan import Rulebook

FORMAT: Final = b"soc-rules-1\n"
MAX_ENTRIES: Final = 4
"""Older entries are removed."""
_CODE = ("rulebook", "detection", "model", "kernel", "parsing", "app/content.py")
_DIGEST_BYTES = 32


class Compiled(msgspec.Struct, frozen=True):
    """One entry."""

    rulebook: Rulebook
    databases: Made


class RuleCache:
    """Entries in a folder that only its owner may use."""

    def __init__(self, folder: Path, complain: Callable[[str], None]) -> None:
        """Use *folder*, which is made when something is kept; tell *complain* why it cannot be used."""
        self._folder = folder
        self._complain = complain

    def get(self, key: str) -> Compiled | None:
        """Return the entry of *key*; None if there is none that can be trusted."""
        path = self._path(key)
        try:
            _check_private(self._folder)
            data = path.read_bytes()
        except FileNotFoundError:
            return None
        except (OSError, ValueError) as error:
            self._complain(f"rule cache not used: {error}")
            return None
        compiled = _decoded(data)
        if compiled is None:
            self._complain(f"rule cache {path} is damaged; rules are compiled anew")
        return compiled

    def put(self, key: str, compiled: Compiled) -> None:
        """Keep *compiled*; a cache that cannot be written is said and changes nothing else."""
        path = self._path(key)
        body = msgspec.msgpack.encode(compiled)
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            _check_private(self._folder)
            partial = path.with_suffix(f".{os.getpid()}")
            try:
                partial.write_bytes(FORMAT + _digest(body) + body)
                partial.replace(path)
            finally:
                partial.unlink(missing_ok=True)
            self._remove_old()
        except (OSError, ValueError) as error:
            self._complain(f"rule cache not kept: {error}")

    def _path(self, key: str) -> Path:
        return self._folder / f"{key}.rules"

    def _remove_old(self) -> None:
        found = sorted(self._folder.glob("*.rules"), key=lambda path: path.stat().st_mtime, reverse=True)
        for path in found[MAX_ENTRIES:]:
            path.unlink(missing_ok=True)


def key_of(folders: Iterable[Path], mappings: Path) -> str:
    """Return what an entry made from the files in *folders* and *mappings* is found by."""
    whole = hashlib.blake2b(digest_size=16)
    code = Path(__file__).resolve().parents[1]
    for file in (file for root in (code / name for name in _CODE) for file in _files(root, (".py",))):
        whole.update(file.read_bytes())
    for root in (*folders, mappings):
        for file in _files(root, (".yml", ".yaml")):
            whole.update(b"\0" + os.fsencode(file) + b"\0" + _content_of(file))
    for fact in (version("hyperscan"), version("msgspec"), platform.python_version(), _processor()):
        whole.update(fact.encode())
    return whole.hexdigest()


def default_folder() -> Path:
    """Return where a user's cache lies (XDG base directories)."""
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "soc"


def _files(root: Path, endings: tuple[str, ...]) -> list[Path]:
    """Return the files below *root*, or itself, in order; faster than ``Path.rglob``."""
    if root.is_file():
        return [root]
    found = [
        os.path.join(folder, name)  # noqa: PTH118 - thousands of files at every start
        for folder, _, names in os.walk(root)
        for name in names
        if name.endswith(endings)
    ]
    return [Path(path) for path in sorted(found)]


def _content_of(file: Path) -> bytes:
    """Return what a regular file holds; nothing for what rules are not read from."""
    try:
        return file.read_bytes() if file.is_file() else b""
    except OSError:
        return b""


def _check_private(folder: Path) -> None:
    about = folder.stat()
    if about.st_uid != os.geteuid() or stat.S_IMODE(about.st_mode) & 0o077:
        raise ValueError(f"{folder} must belong to this user alone (mode 0700)")


def _decoded(data: bytes) -> Compiled | None:
    start = len(FORMAT) + _DIGEST_BYTES
    body = memoryview(data)[start:]
    if data[:start] != FORMAT + _digest(body):
        return None
    try:
        return msgspec.msgpack.decode(body, type=Compiled)
    except msgspec.MsgspecError:
        return None


def _digest(body: bytes | memoryview) -> bytes:
    return hashlib.blake2b(body, digest_size=_DIGEST_BYTES).digest()


def _processor() -> str:
    """Return the processor's features, to which a compiled database is bound."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.machine() + platform.processor()
    return next((line for line in lines if line.startswith(("flags", "Features"))), platform.machine())
