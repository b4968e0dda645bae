"""What the slow authority makes of an expression is what hyperscan makes of it."""

import re
import warnings

import hyperscan
import pytest
from hypothesis import given
from hypothesis import strategies as st

from soc.kernel.folding import fold
from soc.rulebook.dialects import for_python, found, mixes_case_beyond_ascii
from soc.rulebook.plan import Regex
from soc.rulebook.regexes import flags

ATOMS = [*"kKsSabđĐ1_ é.^$\n", "\u212a", "\u017f", "à-ý"]
ATOMS += [r"\w", r"\W", r"\d", r"\D", r"\s", r"\S", r"\b", r"\B", r"\n", r"\.", r"\\", r"\x6b", r"\xc9"]
ATOMS += ["[a-z]", "[^a-z]", "[k]", "[^k]", "[^s\u212a]", r"[\wđ]", r"[^\wđ]", r"[\W]", r"[^\W]", r"[\dk]"]
ATOMS += ["[]k]", "[^]k]", "[k-]", "[^\n]", "[à-ý]", r"[\s\S]", r"[\]k]", r"[\x6b]"]
ASSERTIONS = {"^", "$", r"\b", r"\B"}
TEXTS = st.text(alphabet="kKsSab\u212a\u017fđĐ1_ \n.éÉ]-\\", max_size=5)
REPEATS = st.sampled_from(["", "", "", "*", "+", "?", "{1,2}", "*?"])
PIECES = st.builds(
    lambda atom, repeat: atom if atom in ASSERTIONS else atom + repeat, st.sampled_from(ATOMS), REPEATS
)
GROUPS = st.recursive(
    PIECES,
    lambda inner: st.one_of(
        st.lists(inner, min_size=1, max_size=3).map("".join),
        st.builds(
            lambda switch, one, other: f"({switch}{one}|{other})",
            st.sampled_from(["", "?:", "?i:", "?-i:", "?m:", "?s:"]),
            inner,
            inner,
        ),
    ),
    max_leaves=5,
)
EXPRESSIONS = st.builds(
    Regex,
    st.builds(lambda head, body: head + body, st.sampled_from(["", "", "(?i)", "(?im)"]), GROUPS),
    st.booleans(),
    st.booleans(),
    st.booleans(),
)


def runs(regex: Regex) -> hyperscan.Database | None:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            re.compile(regex.pattern)
        database = hyperscan.Database(mode=hyperscan.HS_MODE_BLOCK)
        database.compile(expressions=[regex.pattern.encode()], ids=[0], flags=[flags(regex)])
    except (re.error, Warning, hyperscan.error):
        return None
    return database


def numbers_hit(database: hyperscan.Database, text: str) -> list[int]:
    seen: list[int] = []
    database.scan(text.encode(), match_event_handler=lambda number, *_: seen.append(number), context=None)
    return seen


def hits(database: hyperscan.Database, text: str) -> bool:
    return bool(numbers_hit(database, text))


@given(EXPRESSIONS, st.lists(TEXTS, min_size=1, max_size=8))
def test_an_expression_finds_the_same_by_hyperscan_and_by_the_authority(
    regex: Regex, texts: list[str]
) -> None:
    database = None if mixes_case_beyond_ascii(regex.pattern) else runs(regex)
    for text in texts if database else ():
        assert database is not None
        assert hits(database, text) == found(regex, text), (regex, text)


@pytest.mark.parametrize(
    ("pattern", "ignore_case", "written"),
    [
        ("k", False, "k"),
        ("k", True, "[kK\u212a]"),
        (r"\x6b", True, "[kK\u212a]"),
        ("[j-l]", True, "[kK\u212aj-l]"),
        ("[^]s]", True, "[^sS\u017f\\]s]"),
        (r"[\w.]", True, r"[\w.]"),
        ("(?-i:k)k", True, "(?-i:k)[kK\u212a]"),
        ("(?i:k(s))k", False, "(?i:[kK\u212a]([sS\u017f]))k"),
        ("(?m:^a)^", False, r"(?m:(?:\A|(?<=\n)(?!\Z))a)^"),
        ("(?i)k", False, "(?i)[kK\u212a]"),
        ("(?P<k>k)", True, "(?P<k>[kK\u212a])"),
    ],
)
def test_what_python_reads_otherwise_is_written_out(pattern: str, ignore_case: bool, written: str) -> None:
    assert for_python(Regex(pattern, ignore_case=ignore_case)) == written


@pytest.mark.parametrize(
    ("pattern", "text", "wanted"),
    [
        ("(?i:k)", "\u212a", True),
        ("(?i:k)s", "\u212aS", False),
        ("(?m)^$", "a\n", False),
        ("(?m)^$", "a\n\n", True),
        (r"\B", "", True),
        ("(?i)đ", "Đ", True),
    ],
)
def test_differences_that_are_known_are_gone(pattern: str, text: str, wanted: bool) -> None:
    database = runs(Regex(pattern))
    assert database is not None
    assert hits(database, text) is found(Regex(pattern), text) is wanted


def test_every_letter_has_the_case_that_hyperscan_gives_it() -> None:
    everything = [chr(n) for n in range(128, 0x1F000) if not 0xD800 <= n < 0xE000]
    letters = [char for char in everything if fold(char) != char]
    for start in range(0, len(letters), 400):
        chosen = letters[start : start + 400]
        database = hyperscan.Database(mode=hyperscan.HS_MODE_BLOCK)
        database.compile(
            expressions=[char.encode() for char in chosen],
            ids=list(range(len(chosen))),
            flags=[flags(Regex("", ignore_case=True))] * len(chosen),
        )
        for number, char in enumerate(chosen):
            seen = numbers_hit(database, fold(char))
            assert (number in seen) == found(Regex(char, ignore_case=True), fold(char)), hex(ord(char))
