"""Bytes made valid: every record becomes text once, before any rule or parser sees it.

The same text goes to the fast and to the reference matcher, so that odd bytes are no way around a rule.
"""

import unicodedata

_REPLACEMENT = "\ufffd"
_PADDING = "\0\ufeff"
"""NUL (what a file cut short while it is written is filled with) and byte order marks."""
_MARK = "\ufeff"
_VIETNAMESE = "cp1258"
_WIDE = ("utf-16-le", "utf-16-be")
_NUL = 0
"""The byte: sought as a number it is found, or not, four times as fast."""
_PAST_LATIN = "\u0100"


def valid_text(raw: bytes, encoding: str = "") -> tuple[str, bool]:
    """Return *raw* as text without lone surrogates, and whether it had to be mended.

    Padding before and after is taken off; what is no UTF-8 becomes U+FFFD; NUL inside stays. UTF-16 is
    known by what it says, not by its byte order mark: a mark before plain bytes would hide them.
    An *encoding* that the collector knows (see ``Record.encoding``) is believed, but for UTF-16 without a
    single NUL: that is plain bytes written behind it. Other names are passed over.
    """
    if encoding == _VIETNAMESE or (encoding in _WIDE and _NUL in raw):
        return _known(raw, encoding)
    wide = _utf16(raw) if _NUL in raw else None
    if wide is not None:
        return wide.strip(_PADDING), True
    try:
        text, mended = raw.decode("utf-8"), False
    except UnicodeDecodeError:
        text, mended = raw.decode("utf-8", "replace"), True
    bare = text.strip(_PADDING)
    return bare, mended or len(bare) < len(text)


def _known(raw: bytes, encoding: str) -> tuple[str, bool]:
    text = raw.decode(encoding, "replace").removeprefix(_MARK)
    bare = text.strip(_PADDING)
    mended = _REPLACEMENT in bare or len(bare) < len(text)
    if encoding == _VIETNAMESE:
        # The code page writes a letter and its tone apart; rules and analysts write them as one.
        bare = unicodedata.normalize("NFC", bare)
    return bare, mended


def _utf16(raw: bytes) -> str | None:
    """Return the text if, as UTF-16, most of it is Latin letters, digits and signs."""
    # Lines are cut behind the first byte of the line's end: in files that put it first, NUL begins the next.
    odd = len(raw) % 2
    for encoding, begin in (("utf-16-le", odd), ("utf-16-be", 0), ("utf-16-le", 0)):
        text = raw[begin:].decode(encoding, "replace")
        if 2 * sum("\0" < char < _PAST_LATIN for char in text) > len(text):
            return text
    return None


def without_lone_surrogates(text: str) -> str:
    r"""Return *text* with each lone surrogate (as JSON's ``\ud800`` makes them) as U+FFFD."""
    if text.isascii():
        return text
    return "".join(_REPLACEMENT if "\ud800" <= char <= "\udfff" else char for char in text)
