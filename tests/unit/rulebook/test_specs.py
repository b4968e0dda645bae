"""Mappings are read key by key; whatever is wrong is said with its place."""

from collections.abc import Callable
from typing import Any

import pytest

from soc.rulebook.documents import Fault
from soc.rulebook.specs import Spec

DATA = {
    "word": "w",
    "flag": True,
    "list": ["a", "b"],
    "mixed": ["a", 5],
    "empty": [],
    "bad": "(",
    "number": 5,
}


def spec(data: Any = DATA) -> Spec:
    return Spec(data, ("here", 0))


def test_what_is_right_is_returned() -> None:
    assert spec().text("word") == "w"
    assert spec().text("gone", "default") == "default"
    assert spec().flag("flag") is True
    assert spec().flag("gone") is False
    assert spec().choice("word", ("v", "w")) == "w"
    assert spec().choice("gone", ("v", "w"), "v") == "v"
    assert spec().texts("list") == ("a", "b")
    assert spec().texts("word") == ("w",)
    assert spec().texts("gone", ()) == ()
    assert spec().expression("word").pattern == "w"
    assert spec().raw("number") == 5


@pytest.mark.parametrize(
    ("read", "said", "keys"),
    [
        (lambda: spec([]), "a mapping was expected, not []", ("here", 0)),
        (lambda: spec().text("gone"), "gone is missing", ("here", 0)),
        (lambda: spec().text("number"), "number 5", ("here", 0, "number")),
        (lambda: spec().flag("word"), "word 'w'", ("here", 0, "word")),
        (lambda: spec().choice("word", ("a",)), "word 'w'", ("here", 0, "word")),
        (lambda: spec().choice("list", ("a",)), "list ['a', 'b']", ("here", 0, "list")),
        (lambda: spec().texts("mixed"), "mixed ['a', 5]", ("here", 0, "mixed")),
        (lambda: spec().texts("empty"), "empty []", ("here", 0, "empty")),
        (lambda: spec().expression("bad"), "bad: missing )", ("here", 0, "bad")),
        (lambda: spec({"wrod": 1}).only(["word"]), "unknown key 'wrod'", ("here", 0, "wrod")),
    ],
)
def test_what_is_wrong_is_a_fault_at_its_place(
    read: Callable[[], object], said: str, keys: tuple[str | int, ...]
) -> None:
    with pytest.raises(Fault) as told:
        read()
    assert told.value.message.startswith(said)
    assert told.value.keys == keys


def test_an_unknown_key_says_which_was_meant() -> None:
    with pytest.raises(Fault) as told:
        spec({"wrod": 1}).only(["word", "other"])
    assert told.value.fix == "did you mean 'word'?"
