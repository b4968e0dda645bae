"""Records told off from their bytes: which way each goes, and that none stops the rest."""

import json
from typing import Any

import pytest
from support.readings import event_of, own_sources
from support.rulings import loaded, rule_text

from soc.detection import reference
from soc.detection.engine import Engine
from soc.model.event import LogSource
from soc.pipeline import sighting
from soc.pipeline.intake import Understanding
from soc.pipeline.sighting import Sighting

SYSMON = "Microsoft-Windows-Sysmon/Operational"
PROCESS = {"product": "windows", "category": "process_creation"}
EVIL = "{s: {CommandLine|contains: evil, Image|endswith: .exe}, condition: s}"


def sighting_of(*detections: str, logsource: LogSource | None = None, of: Any = PROCESS) -> Sighting:
    book = loaded(*(rule_text(text, id=str(n), logsource=of) for n, text in enumerate(detections)))
    assert book.errors == ()
    return Sighting(Understanding(own_sources(), Engine(book.rules)), "UTC", "test", logsource)


def line(**fields: Any) -> bytes:
    return json.dumps({"Channel": SYSMON, "EventID": 1, "Image": "a.exe", **fields}).encode()


def test_what_no_rule_matches_is_nothing() -> None:
    found = sighting_of(EVIL)
    for form in ("auto", "json", "windows_json", "evtx_json"):
        assert found.is_nothing(line(CommandLine="good"), form)
        assert not found.is_nothing(line(CommandLine="evil"), form)


@pytest.mark.parametrize(
    "fields",
    [
        {"CommandLine": "x", "Image": "evil.exe"},
        {"CommandLine": ["good", "x"], "User": "evil"},
        {"CommandLine": None, "User": "evil .exe"},
        {"CommandLine": "evil", "Image": 5, "User": ".exe"},
        {"CommandLine": "evil", "Image": 5.5, "User": ".exe"},
        {"User": "evil", "Deep": {"CommandLine": "evil"}},
        {"User": "đ\u017f evil"},
        {"EventID": 3, "CommandLine": "evil"},
        {"EventID": "3", "CommandLine": "evil"},
        {"Channel": "Security", "CommandLine": "evil"},
    ],
)
def test_words_alone_are_no_match(fields: dict[str, Any]) -> None:
    assert sighting_of(EVIL).is_nothing(line(**fields), "auto")


def test_every_shape_of_a_windows_event_is_seen() -> None:
    found = sighting_of(EVIL)
    data = {"Image": "a.exe", "CommandLine": "evil"}
    shapes: list[dict[str, Any]] = [
        {"Channel": SYSMON, "EventID": 1, **data},
        {"Channel": SYSMON, "EventID": "1", **data},
        {"log_name": SYSMON, "event_id": 1, "event_data": data},
        {"winlog": {"channel": SYSMON, "event_id": 1, "event_data": data}},
        {
            "winlog.channel": SYSMON,
            "winlog.event_id": 1,
            **{f"winlog.event_data.{n}": v for n, v in data.items()},
        },
        {"Event": {"System": {"Channel": SYSMON, "EventID": 1}, "EventData": data}},
    ]
    for shape in shapes:
        assert not found.is_nothing(json.dumps(shape).encode(), "auto")
        assert found.is_nothing(json.dumps(shape).replace("evil", "good").encode(), "auto")


def test_other_formats_are_read_bare_or_left_to_the_parser() -> None:
    found = sighting_of("{k: [needle], condition: k}", of={"product": "linux"})
    syslog = b"<13>Mar  1 08:30:00 host sshd[12]: %s for root"
    assert found.is_nothing(syslog % b"hay", "syslog")
    assert not found.is_nothing(syslog % b"needle", "syslog")
    assert not found.is_nothing(syslog % b"needle", "auto")
    assert not found.is_nothing(b"needle", "unheard of")


def test_records_that_cannot_be_read_are_left_to_the_parser() -> None:
    found = sighting_of(EVIL)
    for raw in (b"", b"{", b"\xff", b"{]", line(CommandLine="x")[:-1], b'{"a":' * 100_000):
        assert not found.is_nothing(raw, "auto")


def test_a_log_source_that_is_given_stands_for_what_the_record_tells() -> None:
    given = LogSource(category="process_creation", product="windows")
    raw = line(CommandLine="evil", EventID=3)
    assert sighting_of(EVIL).is_nothing(raw, "auto")
    assert not sighting_of(EVIL, logsource=given).is_nothing(raw, "auto")
    assert sighting_of(EVIL, logsource=LogSource("linux")).is_nothing(line(CommandLine="evil"), "auto")
    assert not sighting_of(EVIL, logsource=given).is_nothing(b'{"Image":".exe","CommandLine":"evil"}', "json")


def test_ever_new_channels_are_remembered_in_bounded_number() -> None:
    found = sighting_of(EVIL)
    for number in range(sighting.MAX_SIEVES + 5):
        assert found.is_nothing(line(Channel=f"c{number}", CommandLine="evil"), "auto")
    assert len(found._sieves) == 5
    assert not found.is_nothing(line(CommandLine="evil"), "auto")


def test_every_kind_of_answer_is_that_of_the_reference() -> None:
    detections = [
        EVIL,
        "{s: {EventID: 1, Image|re: '(?i)B\\.exe$'}, condition: s}",
        "{k: ['needle'], s: {User: root}, condition: k and not s}",
        "{s: {n|gt: 5}, condition: s}",
    ]
    found = sighting_of(*detections)
    rules = loaded(
        *(rule_text(text, id=str(n), logsource=PROCESS) for n, text in enumerate(detections))
    ).rules
    for raw in (
        line(CommandLine="evil"),
        line(Image="b.exe"),
        line(Image="b.exe", EventID=3),
        line(User="needle"),
        line(User="root", Other="needle"),
        line(n=6),
        line(n="5"),
        line(CommandLine="good", User="x"),
    ):
        assert found.is_nothing(raw, "auto") == (reference.match(rules, event_of(raw)) == ())
