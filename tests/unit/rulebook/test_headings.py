"""What a document says about itself."""

from typing import Any

import pytest
from support.rulings import document_of, rule_text

from soc.model.alert import Severity
from soc.model.event import LogSource
from soc.rulebook.documents import Fault
from soc.rulebook.headings import custom, heading, logsource, names, timespan_ms
from soc.rulebook.plan import Custom

DETECTION = "{s: {a: x}, condition: s}"


def test_a_heading_holds_what_people_read() -> None:
    text = rule_text(
        DETECTION,
        name="n",
        level="high",
        description=" Mô tả ",
        author="A",
        tags=["attack.t1"],
        falsepositives="none",
    )
    found = heading(document_of(text))
    assert (found.id, found.name, found.title, found.level) == ("r", "n", "A rule", Severity.HIGH)
    assert (found.description, found.author, found.tags, found.falsepositives) == (
        "Mô tả",
        "A",
        ("attack.t1",),
        ("none",),
    )
    assert (str(found.location), found.text) == ("a.yml:1:1", text)


def test_a_rule_without_id_is_known_by_its_name_or_place_and_is_medium() -> None:
    assert heading(document_of("title: x\nname: n\n")).id == "n"
    assert heading(document_of("title: x\n")).id == "a.yml:1:1"
    assert heading(document_of("title: x\n")).level is Severity.MEDIUM


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("id: x\n", "title is missing"),
        ("title: ' '\n", "title is missing"),
        ("title: [x]\n", "title is missing"),
        ("title: x\nlevel: severe\n", "level 'severe'"),
        ("title: x\nlevel: [high]\n", "level"),
        ("title: x\nlevel: 5\n", "level 5"),
        ("title: x\nid: 5\n", "id must be a text"),
        ("title: x\nname: {}\n", "name must be a text"),
    ],
)
def test_a_heading_that_cannot_be_used_is_refused(text: str, fault: str) -> None:
    with pytest.raises(Fault, match=fault):
        heading(document_of(text))


def test_log_sources_are_lower_case_and_definitions_left_out() -> None:
    given = {"logsource": {"product": "Windows", "service": "Security", "definition": "audit"}}
    assert logsource(given) == LogSource("windows", None, "security")


@pytest.mark.parametrize("value", [None, {}, "windows", {"vendor": "x"}, {"product": 5}, {"product": ["x"]}])
def test_a_log_source_that_sigma_does_not_know_is_refused(value: Any) -> None:
    with pytest.raises(Fault):
        logsource({"logsource": value})


def test_our_custom_mapping_is_read() -> None:
    given = {"scope": "province", "zone": "Asia/Ho_Chi_Minh", "group-by": "a", "timespan": "5m"}
    assert custom({"custom": given}) == Custom("province", "Asia/Ho_Chi_Minh", ("a",), 300_000)
    assert custom({}) == Custom()


@pytest.mark.parametrize(
    ("given", "fault"),
    [
        ("x", "custom must be a mapping"),
        ({"scop": "province"}, "unknown key 'scop' in custom"),
        ({5: 1}, "unknown key 5 in custom"),
        ({"scope": "world"}, "scope 'world'"),
        ({"scope": ["province"]}, "scope"),
        ({"zone": "Mars"}, "zone 'Mars'"),
        ({"zone": "../etc/passwd"}, "zone"),
        ({"zone": 5}, "zone 5"),
        ({"group-by": []}, "a text or a list of texts"),
        ({"timespan": "1y"}, "timespan '1y'"),
    ],
)
def test_a_custom_mapping_that_is_not_ours_is_refused(given: Any, fault: str) -> None:
    with pytest.raises(Fault, match=fault):
        custom({"custom": given})


def test_timespans_are_positive_integers_with_a_unit() -> None:
    assert [timespan_ms(f"2{unit}") for unit in "smhdw"] == [
        2000,
        120_000,
        7_200_000,
        172_800_000,
        1_209_600_000,
    ]
    for wrong in ("0s", "-1s", "1.5h", "1M", "1y", "5", 5, "", None, "1 m", "١m", ["1m"], "1m\n"):
        with pytest.raises(Fault, match="timespan"):
            timespan_ms(wrong)


def test_one_name_is_a_list_of_one() -> None:
    assert names("a") == ("a",)
    assert names(["a", "b"]) == ("a", "b")
    for wrong in (None, [], [1], [""], {"a": 1}):
        with pytest.raises(Fault):
            names(wrong)
