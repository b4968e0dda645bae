import pytest
from support.readings import context, event_of

from soc.kernel.clock import iso_ms
from soc.kernel.errors import RecordError
from soc.model.event import LogSource
from soc.parsing.plain import read_json, read_soc


def test_fields_stay_as_they_are() -> None:
    reading = read_json('{"a b":1,"x.y":{"z":[1,2.5,null]},"time":"2026-03-02T04:00:00Z"}', context())
    assert reading.fields == {"a b": 1, "x.y": {"z": [1, 2.5, None]}, "time": "2026-03-02T04:00:00Z"}


def test_a_windows_event_is_known_by_its_shape() -> None:
    reading = read_json('{"winlog":{"channel":"Security","event_id":4624}}', context())
    assert reading.fields == {"Channel": "Security", "EventID": 4624}
    assert reading.logsources == (LogSource("windows", None, "security"),)


def test_a_windows_events_id_hides_no_other_where_the_source_does_not_vouch_for_it() -> None:
    shape = (
        '{"Channel":"Security","EventID":1,"Computer":"A","EventRecordID":7,"TimeCreated":"x","Data":"%s"}'
    )
    assert event_of(shape % "a", "windows_json").id == event_of(shape % "b", "windows_json").id
    assert event_of(shape % "a", "json").id != event_of(shape % "b", "json").id


@pytest.mark.parametrize("name", ["@timestamp", "timestamp", "time", "ts", "eventTime"])
def test_the_usual_names_of_a_time_are_known(name: str) -> None:
    reading = read_json(f'{{"{name}":"2026-03-02T04:00:00Z"}}', context())
    assert reading.at_ms is not None
    assert iso_ms(reading.at_ms) == "2026-03-02T04:00:00.000Z"


@pytest.mark.parametrize(
    ("text", "own_id"),
    [
        ('{"event":{"id":"x"}}', "x"),
        ('{"event.id":7}', "7"),
        ('{"event":{"id":true}}', ""),
        ('{"event":{"id":{}}}', ""),
        ('{"event":"x"}', ""),
        ("{}", ""),
    ],
)
def test_an_event_id_in_the_object_is_its_own(text: str, own_id: str) -> None:
    assert read_json(text, context()).own_id == own_id


def test_the_kind_of_the_socs_own_event_is_its_service() -> None:
    reading = read_soc('{"kind":"silence","at":"2026-03-02T04:00:00.000Z","source":"fw"}', context())
    assert reading.logsources == (LogSource("soc", None, "silence"),)
    assert reading.at_ms is not None


@pytest.mark.parametrize("text", ["{}", '{"kind":1}'])
def test_an_event_of_the_soc_without_a_kind_is_refused(text: str) -> None:
    with pytest.raises(RecordError, match="kind"):
        read_soc(text, context())
