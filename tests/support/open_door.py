"""A centre with a door open for other people's senders."""

from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from support.numbered import COUNT, sender_in, stored
from support.system import System, eventually, free_port, quiet

from soc.kernel.logs import Said

BUSY = "[gateway.limits]\nagency_events_per_second = 300\nburst_seconds = 1\n"
"""So slow that senders of a thousand events are ahead of their share and must wait."""


@dataclass(frozen=True, slots=True)
class Open:
    """A running centre with one door; senders show the certificate of an enrolled collector."""

    system: System
    door: str
    port: int
    sender: Path
    """The folder of the sender's files; its thousand lines lie in ``lines.log``."""

    @property
    def files(self) -> Mapping[str, Path]:
        """Paths of ``ca``, ``cert`` and ``key`` for a sender."""
        folder = self.system.folder / "collector" / "credential"
        names = {"ca": "ca.pem", "cert": "certificate.pem", "key": "key.pem"}
        return {kind: folder / name for kind, name in names.items()}

    def waits_for(self, number: int = COUNT) -> None:
        """Wait until *number* events of the sender are stored, possible repeats not counted."""
        eventually(lambda: self._stored_once() >= number, within_s=9, what=f"{number} stored")

    def waits_for_quiet(self) -> int:
        """Wait until something is stored and no more comes for a moment; return how much it is."""
        return quiet(self._stored_once, within_s=9)

    def limited(self) -> bool:
        """Tell whether the centre has said that somebody was ahead of its share."""
        return f'"{Said.LIMITED}"' in (self.system.folder / "centre.log").read_text()

    def _stored_once(self) -> int:
        account = self.system.account()
        return int(account["stored"] - account["repeats"]) if account else 0

    def ends(self) -> Counter[int]:
        """Stop the centre; return how often each number was stored, which its accounts must agree with."""
        account = self.system.account()
        self.system.stop("centre")
        found = stored(self.system.folder / "centre", self.door)
        assert account["received"] == account["stored"] + account["reread"] + account["known"]
        assert account["stored"] == found.total(), account
        assert account["unexplained_gap"] == account["declared_gap"] == 0
        return found


@contextmanager
def a_centre_open_for(door: str, folder: Path, *, settings: str = "") -> Iterator[Open]:
    """Start a centre with the table ``[gateway.DOOR]`` and *settings*; its sender has a thousand lines."""
    port = free_port()
    system = System(folder, settings=f'[gateway.{door}]\nlisten = "127.0.0.1:{port}"\n{settings}')
    try:
        system.start_centre()
        system.enrol()
        yield Open(system, door, port, sender_in(folder))
    finally:
        system.stop_all()
