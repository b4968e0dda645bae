"""Tables of what others said."""

import pytest

from soc.cli.tables import print_table


def test_what_others_said_is_text_and_steers_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    print_table(("who", "says"), [["a", "[/x] [bold"], [1, "\x1b[31mred\x1b]0;title\x07"]])
    lines = capsys.readouterr().out.splitlines()
    assert [line.split() for line in lines] == [
        ["who", "says"],
        ["a", "[/x]", "[bold"],
        ["1", "\N{REPLACEMENT CHARACTER}[31mred\N{REPLACEMENT CHARACTER}]0;title\N{REPLACEMENT CHARACTER}"],
    ]
