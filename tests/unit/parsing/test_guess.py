import pytest
from support.readings import context

from soc.kernel.errors import RecordError
from soc.parsing.guess import read_any


@pytest.mark.parametrize(
    ("text", "field", "value"),
    [
        ('{"Event":{"System":{"EventID":5}}}', "EventID", 5),
        (' {"Channel":"Security","EventID":"4624"}', "EventID", 4624),
        ('{"Event":{"a":1}}', "Event", {"a": 1}),
        ("10.0.0.9 6705: Mar  1 00:00:05: %SYS-5-CONFIG_I: x", "program", "%SYS-5-CONFIG_I"),
        ("<13>Mar  2 04:00:00 h app: x", "program", "app"),
        ("2026-03-02T04:00:00Z h app: x", "program", "app"),
        ('1.2.3.4 - - [02/Mar/2026:11:00:00 +0700] "GET / HTTP/1.0" 404 -', "sc-status", 404),
        ("type=PATH msg=audit(1772424000.1:4): name=x", "name", "x"),
    ],
)
def test_a_record_is_read_as_what_it_looks_like(text: str, field: str, value: object) -> None:
    assert read_any(text, context()).fields[field] == value


@pytest.mark.parametrize("text", ["", "hello", "[1]", "\0"])
def test_what_looks_like_nothing_known_is_refused(text: str) -> None:
    with pytest.raises(RecordError, match="neither"):
        read_any(text, context())
