import pytest

from soc.kernel.errors import PlaybookError
from soc.response.playbook import ActionName, SocAction
from soc.response.rendering import digest_of, references, render


def command(**args: str) -> SocAction:
    return SocAction(type="soc-action", name=ActionName.REPORT_NCSC, args=args)


def test_variables_are_filled_in_wherever_they_stand() -> None:
    rendered = render(
        command(text="__a__:value ở __n__:value cơ quan, __live__:value"),
        {"__a__": "x", "__n__": 2, "__live__": True},
    )
    assert rendered["args"] == {"text": "x ở 2 cơ quan, true"}


def test_a_variable_without_a_value_never_stays_in_the_text() -> None:
    with pytest.raises(PlaybookError, match="variable __gone__ has no value"):
        render(command(text="__gone__:value"), {})


def test_a_value_that_looks_like_a_variable_is_not_filled_in_again() -> None:
    rendered = render(command(text="__a__:value"), {"__a__": "__b__:value", "__b__": "secret"})
    assert rendered["args"] == {"text": "__b__:value"}


def test_the_digest_is_of_exactly_what_is_rendered() -> None:
    one, two = render(command(a="1", b="2"), {}), render(command(b="2", a="1"), {})
    assert digest_of(one) == digest_of(two)
    assert digest_of(one) != digest_of(render(command(a="1", b="3"), {}))


def test_the_variables_of_a_text_are_known() -> None:
    assert references("__a__:value, __b__ and __c1__:value") == ["__a__", "__c1__"]
