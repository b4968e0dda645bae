"""Text made comparable: simple case folding for rules and keys, token folding for search."""

import re
import unicodedata


def fold(text: str) -> str:
    """Return *text* under Unicode *simple* case folding: one code point to one, no normalisation.

    ``ß`` stays ``ß`` and never equals ``SS``; the fast matcher and the reference share this table.
    """
    return text.lower() if text.isascii() else text.translate(_FOLDS)


def fold_key(text: str) -> str:
    """Return *text* as a group key compares it: NFC, then simple case folding; blanks count."""
    return fold(unicodedata.normalize("NFC", text))


def search_tokens(text: str) -> list[str]:
    """Cut *text* into the words both stores index: NFKD, marks off, đ→d, casefold, letters and digits.

    Vietnamese is therefore found with and without accents alike.
    """
    if text.isascii():
        return _WORD.findall(text.lower())
    bare = "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))
    return _WORD.findall(bare.replace("đ", "d").replace("Đ", "d").casefold())


class _Folds(dict[int, int]):
    """Code point → folded code point, filled as code points are seen (at most all 1.1 M)."""

    def __missing__(self, point: int) -> int:
        char = chr(point)
        folded = next((f for f in (char.casefold(), char.lower()) if len(f) == 1), char)
        self[point] = ord(folded)
        return ord(folded)


_FOLDS = _Folds()
_WORD = re.compile(r"[^\W_]+")
