"""Bytes made valid: every record becomes text once, before any rule or parser sees it.

The same text goes to the fast and to the reference matcher, so that odd bytes are no way around a rule.
"""

_REPLACEMENT = "\ufffd"
_PADDING = "\0\ufeff"
"""NUL (what a file cut short while it is written is filled with) and byte order marks."""
_UTF16_MARKS = {b"\xff\xfe": "utf-16-le", b"\xfe\xff": "utf-16-be"}


def valid_text(raw: bytes) -> tuple[str, bool]:
    """Return *raw* as text without lone surrogates, and whether it had to be mended.

    Padding before and after is taken off; what is no UTF-8 becomes U+FFFD; NUL inside stays. UTF-16 is
    known by its byte order mark, or by every other byte of its beginning being NUL.
    """
    text, mended = _decoded(raw)
    bare = text.strip(_PADDING)
    return bare, mended or len(bare) < len(text)


def _decoded(raw: bytes) -> tuple[str, bool]:
    # Every known format has ASCII in it. A mark before plain bytes would only hide them from the rules.
    if raw[:2] in _UTF16_MARKS and b"\0" in raw:
        return raw[2:].decode(_UTF16_MARKS[raw[:2]], "replace"), True
    match [byte == 0 for byte in raw[:4]]:
        case [False, True, False, True]:
            return raw.decode("utf-16-le", "replace"), True
        case [True, False, True, False]:
            # Lines are cut behind the first byte of the line's end: its NUL begins the next line.
            odd = len(raw) % 2
            return raw[odd:].decode("utf-16-le" if odd else "utf-16-be", "replace"), True
        case _:
            return _utf8(raw)


def _utf8(raw: bytes) -> tuple[str, bool]:
    try:
        return raw.decode("utf-8"), False
    except UnicodeDecodeError:
        return raw.decode("utf-8", "replace"), True


def without_lone_surrogates(text: str) -> str:
    r"""Return *text* with each lone surrogate (as JSON's ``\ud800`` makes them) as U+FFFD."""
    if text.isascii():
        return text
    return "".join(_REPLACEMENT if "\ud800" <= char <= "\udfff" else char for char in text)
