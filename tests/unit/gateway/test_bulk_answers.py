"""Answers are compact and in the order that senders search them in."""

import json

from soc.gateway.bulk_answers import all_stored, asked_first, item_stored
from soc.gateway.bulk_reading import Item, Operation

NAMED = Item(Operation.CREATE, 'a"b', "é", "id:1", b"{}")
NAMELESS = Item(Operation.INDEX, "logs", "", "body:1:0", b"{}")


def test_an_item_says_its_operation_its_names_and_that_it_was_created() -> None:
    found = json.loads(item_stored(NAMED))
    assert list(found) == ["create"]
    assert (found["create"]["_index"], found["create"]["_id"], found["create"]["status"]) == ('a"b', "é", 201)


def test_a_nameless_item_gets_one_name_that_stays() -> None:
    first, again = (json.loads(item_stored(NAMELESS))["index"]["_id"] for _ in range(2))
    assert first == again
    assert 0 < len(first) <= 20


def test_the_whole_says_no_errors_just_before_its_items_in_their_order() -> None:
    answer = all_stored(map(item_stored, [NAMED, NAMELESS]), 3)
    assert answer.startswith(b'{"took":3,"errors":false,"items":[{"create":{"_index":')
    assert [list(item) for item in json.loads(answer)["items"]] == [["create"], ["index"]]
    assert json.loads(all_stored([], 0)) == {"took": 0, "errors": False, "items": []}


def test_clients_are_told_the_version_that_the_settings_say() -> None:
    said = asked_first("8.19.3")
    assert json.loads(said["/"])["version"]["number"] == "8.19.3"
    assert set(said) == {"/", "/_license", "/_cluster/health", "/_cat/health"}
