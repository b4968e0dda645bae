"""Settings that the centre sends: verified, tried for ten minutes, kept or given up again.

    offered ─► verified, readable ─► on trial ── first answer 200 ──► in force
       │                                │
       └─► refused, nothing changes     └── none within ten minutes, a fault, three starts ──► the one before

Every step is durable before it is taken, so a crash at any instant ends in one of these states. The
local file stays as it is; some of its keys belong to the place and are never the centre's to say.
"""

import hashlib
import os
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import msgspec
from msgspec.structs import replace

from collectors.reach import check_reach
from collectors.settings import Settings, load, load_text
from soc.kernel.errors import AuthError, ConfigError
from soc.model.heartbeat import ConfigurationState, Fate
from soc.model.identity import Origin
from soc.spool.segment import sync_folder
from soc.wire.messages import SignedRevision
from soc.wire.revision import signed_bytes

TRIAL = timedelta(minutes=10)
STARTS = 3
"""Starts that a trial may take: settings that end the process are given up."""
LOCAL = (
    "data_dir",
    "bandwidth_kbit_s",
    "office_kbit_s",
    "office_hours",
    "office_days",
    "zone",
    "metrics",
    "allow_configuration",
)
"""Keys of ``[collector]`` that stay as the local file says."""
MAX_WHY = 500
"""Characters."""


class Standing(msgspec.Struct, frozen=True):
    """What is known of revisions, as it lies on the disk."""

    seen: int = 0
    """The newest number that was decided on."""
    active: int = 0
    """The one in force; 0: the local file."""
    before: int = 0
    """The one to go back to while ``active`` is on trial."""
    on_trial: bool = False
    starts: int = 0
    """Starts during the trial."""
    fate: Fate = Fate.APPLIED
    """Of the one seen last."""
    why: str = ""


@dataclass(slots=True)
class Configuration:
    """The settings of one collector: its file, and the revisions that came after."""

    path: Path
    """The local file."""
    origin: Origin
    signer: Path
    """Public key (Ed25519, PEM) of the centre."""
    local: Settings = field(init=False)
    _standing: Standing = field(init=False)
    _folder: Path = field(init=False)
    _refusal: ConfigurationState | None = None
    """Of a revision that left nothing behind."""

    def __post_init__(self) -> None:
        """Read the local file and what is known of revisions.

        Raises:
            ConfigError: the local file cannot be used.
        """
        self.local = load(self.path)
        self._folder = self.local.data_dir / "configuration"
        self._standing = _read(self._folder / STANDING)

    @property
    def is_on_trial(self) -> bool:
        """Return whether the settings in force still have to prove themselves."""
        return self._standing.on_trial

    def start(self) -> Settings:
        """Return the settings to begin with; a trial counts this start."""
        if not self.local.collector.allow_configuration:
            return self.local
        if self.is_on_trial:
            starts = self._standing.starts + 1
            if starts > STARTS:
                self.roll_back(f"started {STARTS} times without delivering anything")
            else:
                self._note(replace(self._standing, starts=starts))
        while self._standing.active:
            try:
                return self._usable((self._folder / _name(self._standing.active)).read_bytes())
            except (OSError, ConfigError) as error:
                self.roll_back(str(error))
        return self.local

    def offered(self, revision: SignedRevision) -> bool:
        """Decide on *revision*; return whether it shall be started with."""
        standing, number = self._standing, revision.number
        if number <= standing.seen:
            return False
        before = standing.before if self.is_on_trial else standing.active
        try:
            self._verify(revision)
            self._usable(revision.body)
            self._folder.mkdir(parents=True, mode=0o700, exist_ok=True)
            _write(self._folder / _name(number), revision.body)
            self._stand(Standing(seen=number, active=number, before=before, on_trial=True))
        except ConfigError as error:
            self._note(replace(standing, seen=number, fate=Fate.REFUSED, why=_shortened(error)))
            return False
        except (AuthError, OSError) as error:
            # It may be offered again: a number is not used up by what is not signed or not written.
            self._refusal = ConfigurationState(number, Fate.REFUSED, why=_shortened(error))
            return False
        self._refusal = None
        return True

    def confirm(self) -> None:
        """End the trial: something was delivered."""
        if self.is_on_trial:
            self._note(replace(self._standing, before=0, on_trial=False, starts=0))
            for path in self._folder.glob("*.toml"):
                if path.name != _name(self._standing.active):
                    path.unlink(missing_ok=True)

    def roll_back(self, why: str) -> None:
        """Give the revision in force up for the one before."""
        standing = self._standing
        self._note(
            Standing(seen=standing.seen, active=standing.before, fate=Fate.ROLLED_BACK, why=why[:MAX_WHY])
        )

    def state(self) -> ConfigurationState:
        """Return what the centre should know."""
        standing = self._standing
        active = standing.active if self.local.collector.allow_configuration else 0
        path = self._folder / _name(active) if active else self.path
        try:
            digest = hashlib.sha256(path.read_bytes()).hexdigest()
        except OSError:
            digest = ""
        told = self._refusal or ConfigurationState(standing.seen, standing.fate, why=standing.why)
        return replace(told, hash=digest)

    def words(self) -> str:
        """Return which settings are in force, for people."""
        standing = self._standing
        if not standing.active or not self.local.collector.allow_configuration:
            in_force = str(self.path)
        else:
            in_force = f"revision {standing.active} of the centre" + (
                ", on trial" if standing.on_trial else ""
            )
        if standing.fate is Fate.APPLIED:
            return in_force
        return f"{in_force}; revision {standing.seen} was {standing.fate.replace('_', ' ')}: {standing.why}"

    def _verify(self, revision: SignedRevision) -> None:
        if not self.local.collector.allow_configuration:
            raise AuthError("collector.allow_configuration is false here")
        verify(self.signer, self.origin, revision)

    def _usable(self, body: bytes) -> Settings:
        try:
            settings = load_text(body.decode(), self.path)
        except UnicodeDecodeError as error:
            raise ConfigError(f"the revision is no UTF-8: {error.reason}") from error
        check_reach(settings, self.local)
        kept = {key: getattr(self.local.collector, key) for key in LOCAL}
        collector = replace(settings.collector, **kept)
        return Settings(collector, settings.sources, self.local.data_dir)

    def _stand(self, standing: Standing) -> None:
        self._folder.mkdir(parents=True, mode=0o700, exist_ok=True)
        _write(self._folder / STANDING, msgspec.json.encode(standing))
        self._standing = standing

    def _note(self, standing: Standing) -> None:
        """Believe *standing*; a disk that fails now only makes the next start decide once more."""
        with suppress(OSError):
            self._stand(standing)
        self._standing = standing


STANDING = "standing.json"


def verify(signer: Path, origin: Origin, revision: SignedRevision) -> None:
    """Let *revision* pass that the centre signed for *origin*.

    Raises:
        AuthError: it did not.
    """
    # Eight megabytes that a collector needs only when its settings change.
    from cryptography.exceptions import InvalidSignature  # noqa: PLC0415
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey  # noqa: PLC0415
    from cryptography.hazmat.primitives.serialization import load_pem_public_key  # noqa: PLC0415

    try:
        key = load_pem_public_key(signer.read_bytes())
    except (OSError, ValueError) as error:
        raise AuthError(f"{signer}: no public key of the centre; enrol again") from error
    if not isinstance(key, Ed25519PublicKey):
        raise AuthError(f"{signer}: no Ed25519 key; enrol again")
    try:
        key.verify(revision.signature, signed_bytes(origin, revision.number, revision.body))
    except InvalidSignature as error:
        raise AuthError(f"revision {revision.number} is not signed for this collector") from error


def _shortened(error: Exception) -> str:
    return str(error)[:MAX_WHY]


def _name(number: int) -> str:
    return f"{number}.toml"


def _read(path: Path) -> Standing:
    try:
        return msgspec.json.decode(path.read_bytes(), type=Standing)
    except (OSError, msgspec.DecodeError):
        return Standing()


def _write(path: Path, content: bytes) -> None:
    fresh = path.with_suffix(".tmp")
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)
    sync_folder(path.parent)
