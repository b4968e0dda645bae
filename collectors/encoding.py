"""Encoding: what a file's bytes are in, by its settings and its first bytes; where its lines end.

The names are those of ``Record.encoding``; empty is UTF-8, or whatever the centre sees in the bytes.
"""

import codecs
import unicodedata
from collections.abc import Mapping
from typing import Final, Literal

Chosen = Literal["auto", "utf-8", "utf-16", "cp1258"]

LITTLE: Final = "utf-16-le"
BIG: Final = "utf-16-be"
VIETNAMESE: Final = "cp1258"
LINE_ENDS: Final[Mapping[str, bytes]] = {
    "": b"\n",
    VIETNAMESE: b"\n",
    LITTLE: b"\n\0",
    BIG: b"\0\n",
}
"""Encoding → what a line ends with; an end counts only where a character can begin."""
MARK_BYTES = 2
"""What must be known of a file before its encoding is."""


def encoding_of(head: bytes, chosen: Chosen) -> str | None:
    """Return the encoding of a file that begins with *head*; None when that is too little to tell."""
    match chosen:
        case "utf-8":
            return ""
        case "cp1258":
            return VIETNAMESE
        case "auto":
            if head[:1] not in (codecs.BOM_UTF16_LE[:1], codecs.BOM_UTF16_BE[:1]):
                return ""
            return _marked(head, otherwise="")
        case "utf-16":
            # Without a mark: Latin letters have a NUL behind them in the order of Windows, else before.
            return _marked(head, otherwise=BIG if head[:1] == b"\0" else LITTLE)


def as_utf8(raw: bytes, encoding: str) -> bytes:
    """Return *raw* as an expression written in UTF-8 can search it."""
    if not encoding:
        return raw
    text = raw.decode(encoding, "replace").removeprefix("\ufeff")
    return unicodedata.normalize("NFC", text).encode("utf-8", "replace")


def _marked(head: bytes, *, otherwise: str) -> str | None:
    if len(head) < MARK_BYTES:
        return None
    if head.startswith(codecs.BOM_UTF16_LE):
        return LITTLE
    return BIG if head.startswith(codecs.BOM_UTF16_BE) else otherwise
