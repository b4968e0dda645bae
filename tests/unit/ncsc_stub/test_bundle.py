"""What makes a bundle a report."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.national import AMBER, bundle

from soc.ncsc_stub.bundle import MAX_OBJECTS, MAX_REASONS, TLP_2, incident_ids, reasons_against

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.text()
    | st.sampled_from(["bundle", "incident", "identity"]),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(["type", "id", "objects", "object_marking_refs", "x"]), inner)
    ),
    max_leaves=20,
)


def changed(**members: Any) -> dict[str, Any]:
    return {**bundle(), **members}


def with_incident(**members: Any) -> dict[str, Any]:
    whole: dict[str, Any] = bundle()
    whole["objects"][1].update(members)
    return whole


def test_a_whole_bundle_has_nothing_against_it() -> None:
    assert reasons_against(bundle()) == ()


@pytest.mark.parametrize("level", TLP_2.values(), ids=TLP_2.keys())
def test_every_tlp_level_is_a_marking(level: str) -> None:
    assert reasons_against(with_incident(object_marking_refs=["marking-definition--x", level])) == ()


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ([], "the content is not an object of type bundle"),
        (changed(type="report"), "the content is not an object of type bundle"),
        (changed(id="bundle--1"), "id: expected bundle--<UUID>"),
        (changed(id=None), "id: expected bundle--<UUID>"),
        (changed(objects=[]), f"objects: expected a list of 1-{MAX_OBJECTS}"),
        (changed(objects={}), f"objects: expected a list of 1-{MAX_OBJECTS}"),
        (changed(objects=bundle()["objects"][:1]), "objects: no incident"),
        (changed(objects=bundle()["objects"][1:]), "objects: no identity"),
        (changed(objects=[*bundle()["objects"], 7]), "objects[2]: expected an object with a type"),
        (with_incident(id=bundle()["objects"][0]["id"]), "objects[1].id: expected <type>--<UUID>"),
    ],
)
def test_what_is_missing_is_named(content: Any, reason: str) -> None:
    assert reasons_against(content) == (reason,)


@pytest.mark.parametrize(
    "refs",
    [
        None,
        [],
        AMBER,
        [AMBER, TLP_2["red"]],
        # TLP 1's amber, which says less than its name does today.
        ["marking-definition--f88d31f6-486f-44da-b317-01333bde0b82"],
        [[AMBER]],
    ],
    ids=repr,
)
def test_an_incident_needs_exactly_one_tlp_marking(refs: Any) -> None:
    reasons = reasons_against(with_incident(object_marking_refs=refs))
    assert reasons == ("objects[1].object_marking_refs: expected exactly one TLP 2.0 marking",)


def test_reasons_are_bounded() -> None:
    assert len(reasons_against(changed(objects=[0] * MAX_OBJECTS))) == MAX_REASONS


@given(JSON)
def test_any_json_is_judged(content: Any) -> None:
    assert all(isinstance(reason, str) for reason in reasons_against(content))
    assert all(isinstance(item, str) for item in incident_ids(content))
