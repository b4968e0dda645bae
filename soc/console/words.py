"""Words of the screen: English in the templates, Vietnamese from a gettext catalogue."""

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from babel.messages.pofile import read_po

LANGUAGES = ("vi", "en")
_LOCALE = Path(__file__).parent / "locale"


class Words:
    """One language."""

    def __init__(self, language: str, catalogue: Mapping[str, str], zone: str) -> None:
        """Speak *language*; times are shown in *zone*."""
        self.language = language
        self._catalogue = catalogue
        self._zone = ZoneInfo(zone)

    def say(self, text: str) -> str:
        """Return *text* in this language; what is not in the catalogue stays English."""
        return self._catalogue.get(text, text)

    def time(self, at_ms: int) -> str:
        """Return an instant as people of the zone read it."""
        moment = datetime.fromtimestamp(at_ms / 1000, self._zone)
        return moment.strftime("%d/%m/%Y %H:%M:%S" if self.language == "vi" else "%Y-%m-%d %H:%M:%S")


def read_words(zone: str) -> dict[str, Words]:
    """Return every language of the screen."""
    found = {"en": Words("en", {}, zone)}
    with (_LOCALE / "vi.po").open("rb") as file:
        catalogue = {str(m.id): str(m.string) for m in read_po(file, locale="vi") if m.id and m.string}
    found["vi"] = Words("vi", catalogue, zone)
    return found
