"""Group keys: which groups a signal joins."""

from typing import Any

import pytest
from support.correlating import a_plan, a_signal

from soc.correlation.keys import MAX_GROUPS, Grouping, entry_of_signal
from soc.rulebook.plan import Custom


def groups(*, rule: str = "a", fields: dict[str, Any], **plan: Any) -> list[tuple[tuple[str, str], ...]]:
    found = Grouping(a_plan("r", "event_count", ["a", "b"], gte=1, **plan))
    return [group for _, _, group in found.places(entry_of_signal(a_signal(rule, "e", 0, fields=fields)))]


@pytest.mark.parametrize(
    ("value", "texts"),
    [
        ("Ab ", ["ab "]),
        ("", [""]),
        ("İ", ["İ"]),
        ("ĐÀ", ["đà"]),
        (1.0, ["1"]),
        (1e21, ["1000000000000000000000"]),
        ("1.0", ["1.0"]),
        (True, ["true"]),
        (None, []),
        ([], []),
        ({}, []),
        (["x", "X", 2, None], ["x", "2"]),
    ],
)
def test_values_are_compared_folded(value: Any, texts: list[str]) -> None:
    assert groups(fields={"ip": value}) == [(("ip", text),) for text in texts]


def test_arrays_join_every_group_of_the_product_within_bounds() -> None:
    fields = {"ip": ["x", "y"], "user": ["u", "v"]}
    assert len(groups(fields=fields, group_by=("ip", "user"))) == 4
    many = [str(n) for n in range(2000)]
    assert len(groups(fields={"ip": many})) == MAX_GROUPS
    assert len(groups(fields={"ip": many, "user": many}, group_by=("ip", "user"))) == MAX_GROUPS


def test_without_group_by_there_is_one_group() -> None:
    assert groups(fields={}, group_by=()) == [()]


def test_an_alias_shadows_a_real_field_for_the_rules_it_names() -> None:
    aliases = (("ip", (("a", "src"),)),)
    fields = {"ip": "real", "src": "alias"}
    assert groups(fields=fields, aliases=aliases) == [(("ip", "alias"),)]
    assert groups(rule="b", fields=fields, aliases=aliases) == [(("ip", "real"),)]
    assert groups(fields={"ip": "real"}, aliases=aliases) == []


def test_a_plain_rule_groups_by_the_first_entity_present() -> None:
    entities = ("host", "user")
    plain: dict[str, Any] = {"group_by": (), "implicit_entities": entities}
    assert groups(fields={"user": "u", "host": "h"}, **plain) == [(("host", "h"),)]
    assert groups(fields={"user": "u", "host": None}, **plain) == [(("user", "u"),)]
    assert groups(fields={}, **plain) == [()]


def test_the_agency_is_what_the_credential_says() -> None:
    by_agency = a_plan("r", "event_count", ["a"], gte=1, group_by=("soc.agency",), custom=Custom("province"))
    forged = {"soc.agency": "so-khac", "soc": {"agency": "so-khac"}}
    named = entry_of_signal(a_signal("a", "e", 0, fields=forged))
    unnamed = entry_of_signal(a_signal("a", "e", 0, fields=forged, agency=""))
    assert Grouping(by_agency).places(named) == [(None, None, (("soc.agency", "so-yte"),))]
    assert Grouping(by_agency).places(unnamed) == []


def test_agency_and_exercise_are_part_of_the_key() -> None:
    signal = entry_of_signal(a_signal("a", "e", 0, exercise="drill"))
    plan = a_plan("r", "event_count", ["a"], gte=1)
    assert Grouping(plan).places(signal) == [("so-yte", "drill", (("ip", "x"),))]
