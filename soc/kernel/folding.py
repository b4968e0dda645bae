"""Text made comparable: simple case folding for rules and keys, token folding for search."""

import re
import unicodedata


def fold(text: str) -> str:
    """Return *text* under Unicode *simple* case folding: one code point to one, no normalisation.

    ``ß`` stays ``ß`` and never equals ``SS``; the fast matcher and the reference share this table.
    """
    if text.isascii() or _UNLIKE_LOWER.search(text) is None:
        return text.lower()
    return text.translate(_FOLDS)


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
_UNLIKE_LOWER = re.compile(
    "[\u00b5\u0130\u017f\u0345\u03a3\u03c2\u03d0\u03d1\u03d5\u03d6\u03f0\u03f1\u03f5"
    "\u13a0-\u13f5\u13f8-\u13fd\u1c80-\u1c88\u1e9b\u1fbe\uab70-\uabbf]"
)
"""Characters whose simple folding is not their lower case, or (sigma) depends on what stands around them."""
_WORD = re.compile(r"[^\W_]+")
