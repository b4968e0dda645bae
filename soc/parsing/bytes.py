"""Bytes made valid: every record becomes text once, before any rule or parser sees it.

The same text goes to the fast and to the reference matcher, so that odd bytes are no way around a rule.
"""

_REPLACEMENT = "\ufffd"
_UTF8_BOM = b"\xef\xbb\xbf"
_UTF16_BOMS = {b"\xff\xfe": "utf-16-le", b"\xfe\xff": "utf-16-be"}


def valid_text(raw: bytes) -> tuple[str, bool]:
    """Return *raw* as text without lone surrogates, and whether it had to be mended.

    A byte order mark is taken off (UTF-16 is decoded by it); what is no UTF-8 becomes U+FFFD; NUL stays.
    """
    encoding = _UTF16_BOMS.get(raw[:2])
    if encoding is not None:
        return raw[2:].decode(encoding, "replace"), True
    if raw.startswith(_UTF8_BOM):
        return raw[3:].decode("utf-8", "replace"), True
    try:
        return raw.decode("utf-8"), False
    except UnicodeDecodeError:
        return raw.decode("utf-8", "replace"), True


def without_lone_surrogates(text: str) -> str:
    r"""Return *text* with each lone surrogate (as JSON's ``\ud800`` makes them) as U+FFFD."""
    if text.isascii():
        return text
    return "".join(_REPLACEMENT if "\ud800" <= char <= "\udfff" else char for char in text)
