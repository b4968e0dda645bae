"""What the slow authority makes of an expression is what hyperscan makes of it."""

import re
import warnings

import hyperscan
import pytest
from hypothesis import given
from hypothesis import strategies as st

from soc.kernel.folding import fold
from soc.rulebook.dialects import for_python, found
from soc.rulebook.plan import Regex
from soc.rulebook.regexes import flags

ATOMS = [*"kKsSabđĐ1_ é.^$\n", "\u212a", "\u017f", "à-ý"]
ATOMS += [r"\w", r"\W", r"\d", r"\D", r"\s", r"\S", r"\b", r"\B", r"\n", r"\.", r"\\", r"\x6b", r"\xc9"]
ATOMS += ["[a-z]", "[^a-z]", "[k]", "[^k]", "[^s\u212a]", r"[\wđ]", r"[^\wđ]", r"[\W]", r"[^\W]", r"[\dk]"]
ATOMS += ["[]k]", "[^]k]", "[k-]", "[-k]", "[^-k]", "[&&k]", r"[\\w]", r"[\w^k]", r"\101", r"[\113]"]
ATOMS += [r"\311", "(?i:Đ)", "[^\n]", "[à-ý]", r"[\s\S]", r"[\]k]", r"[\x6b]"]
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
    database = runs(regex)
    for text in texts if database else ():
        assert database is not None
        assert hits(database, text) == found(regex, text), (regex, text)


@pytest.mark.parametrize(
    ("pattern", "ignore_case", "written"),
    [
        ("k", False, "k"),
        ("đ", True, "[Đđ]"),
        ("[đ-ē]", True, "[Đđ-ē]"),
        (r"[\xe0-\xe2]", True, "[ÀÁÂà-â]"),
        ("[Đđ]", True, "[Đđ]"),
        ("k", True, "[Kk\u212a]"),
        (r"\x6b", True, "[Kk\u212a]"),
        (r"\153[\153]", True, "[Kk\u212a][K\u212ak]"),
        ("[j-l]", True, "[JKL\u212aj-l]"),
        ("[^]s]", True, "[^S\u017f\\]s]"),
        (r"[\w.]", True, r"[\w.]"),
        ("(?-i:k)k", True, "(?:k)[Kk\u212a]"),
        ("(?i:k(s))k", False, "(?:[Kk\u212a]([Ss\u017f]))k"),
        ("(?m:^a)^", False, r"(?m:(?:\A|(?<=\n)(?!\Z))a)^"),
        ("(?i)k", False, "[Kk\u212a]"),
        ("(?ims)[k]", False, "(?ms)[K\u212ak]"),
        ("(?s-i:k)", True, "(?s:k)"),
        ("[-k]", True, "[K\u212a\\-k]"),
        (r"[\\w]", True, r"[W\\w]"),
        ("(?P<k>k)", True, "(?P<k>[Kk\u212a])"),
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
        ("(?i:đ)", "Đ", True),
        ("(?i)[à-ỹđ]", "ß", True),
        ("(?i)[à-ỹ]", "Ⴀ", True),
        ("(?i)[À-Ỹ]", "×", True),
        ("(?i)[^à-ỹ]", "ß", False),
        ("(?i)[Ā-ſ]", "ÿ", True),
        ("(?i)[Ა-\U00010000]", "ა", False),
        ("(?i)ꭰ", "Ꭰ", False),
    ],
)
def test_differences_that_are_known_are_gone(pattern: str, text: str, wanted: bool) -> None:
    database = runs(Regex(pattern))
    assert database is not None
    assert hits(database, text) is found(Regex(pattern), text) is wanted


EVERYTHING = [chr(n) for n in range(0x20000) if not 0xD800 <= n < 0xE000]
LETTERS = [char for char in EVERYTHING if {fold(char), char.upper(), char.lower()} != {char}]
CHARACTERS = st.sampled_from(LETTERS) | st.sampled_from("azAZ09kKsSàỹÀỸđĐ ^-]\\[&~|×ßẞÿŸ") | st.characters()


@st.composite
def classes(draw: st.DrawFn) -> str:
    """Letters, ranges and shorthands in brackets, as they stand, escaped or by number."""
    parts = []
    for low, high in draw(st.lists(st.tuples(CHARACTERS, st.none() | CHARACTERS), min_size=1, max_size=4)):
        ends = [re.escape(low)] if high is None else [re.escape(min(low, high)), re.escape(max(low, high))]
        parts += ["-".join(ends), draw(st.sampled_from(["", "", "", r"\w", r"\D", r"\xe0-\xff", r"\101"]))]
    negation = draw(st.sampled_from(["", "^"]))
    return f"[{negation}{''.join(parts)}]".replace("\0", r"\x00")


@given(classes())
def test_a_class_has_the_letters_that_hyperscan_gives_it(listed: str) -> None:
    regex = Regex(listed, ignore_case=True)
    database = runs(regex)
    for char in LETTERS[::3] if database else ():
        assert database is not None
        assert hits(database, char) == found(regex, char), (listed, hex(ord(char)))


def test_every_letter_has_the_case_that_hyperscan_gives_it() -> None:
    for start in range(0, len(LETTERS), 400):
        chosen = LETTERS[start : start + 400]
        database = hyperscan.Database(mode=hyperscan.HS_MODE_BLOCK)
        database.compile(
            expressions=[char.encode() for char in chosen],
            ids=list(range(len(chosen))),
            flags=[flags(Regex("", ignore_case=True))] * len(chosen),
        )
        seen = {(chosen[number], char) for char in LETTERS for number in numbers_hit(database, char)}
        patterns = {char: for_python(Regex(char, ignore_case=True)) for char in chosen}
        everywhere = "".join(LETTERS)
        assert seen == {(char, one) for char in chosen for one in re.findall(patterns[char], everywhere)}
