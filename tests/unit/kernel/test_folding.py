"""Simple folding maps one code point to one; search tokens find Vietnamese with and without accents."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from soc.kernel.folding import fold, fold_key, search_tokens


@given(st.text())
def test_folding_keeps_the_length_and_is_settled_after_once(text: str) -> None:
    assert len(fold(text)) == len(text)
    assert fold(fold(text)) == fold(text)


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
