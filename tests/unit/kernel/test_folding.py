"""Simple folding maps one code point to one; search tokens find Vietnamese with and without accents."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from soc.kernel.folding import fold, fold_key, search_tokens


@given(st.text())
def test_folding_keeps_the_length_and_is_settled_after_once(text: str) -> None:
    assert len(fold(text)) == len(text)
    assert fold(fold(text)) == fold(text)


def defined(char: str) -> str:
    """Simple folding, as it is defined: the full one where that is one character, else the lower case."""
    return next((folded for folded in (char.casefold(), char.lower()) if len(folded) == 1), char)


def test_every_character_of_unicode_folds_as_defined() -> None:
    wrong = [point for point in range(0x110000) if fold(chr(point)) != defined(chr(point))]
    assert wrong == []


def test_what_stands_beside_a_character_never_changes_how_it_folds() -> None:
    """Lower-casing alone would: it writes another sigma at the end of a word."""
    everything = [chr(point) for point in range(0x20000) if not 0xD800 <= point < 0xE000]
    for text in ("".join(everything), "A".join(everything), "".join(everything) * 2):
        assert fold(text) == "".join(map(defined, text))
    for word in ("ΟΔΟΣ", "ΣΑΣ", "Σ", "ΑΣ.", "ΑΣ'Α", "xΣ", "ŁΣ"):
        assert fold(word) == "".join(map(defined, word))
        assert "ς" not in fold(word)


@given(st.text("ΣσςAaİıIiſsKkÅåµμﬅßẞᏰꭰᲀ.' ", max_size=10))
def test_a_text_folds_character_by_character(text: str) -> None:
    assert fold(text) == "".join(map(defined, text))


@pytest.mark.parametrize(
    ("left", "right"),
    [("ĐĂNG NHẬP", "đăng nhập"), ("ẞ", "ß"), ("\u212a", "k"), ("Σ", "ς")],
    ids=["vietnamese", "capital sharp s", "kelvin", "final sigma"],
)
def test_case_does_not_matter(left: str, right: str) -> None:
    assert fold(left) == fold(right)


def test_sharp_s_is_not_two_letters() -> None:
    assert fold("ß") != fold("SS")


def test_a_composed_and_a_decomposed_key_are_one() -> None:
    assert fold_key("Nguyễn") == fold_key("NGUYỄN")


def test_accents_do_not_matter_to_a_search() -> None:
    assert search_tokens("Đăng nhập THẤT BẠI, user=an_1") == [
        "dang",
        "nhap",
        "that",
        "bai",
        "user",
        "an",
        "1",
    ]
