"""A bulk body is read in pairs; what repeats itself repeats its ids."""

import pytest

from soc.gateway.bulk_reading import MAX_ACTION_BYTES, BulkReader, Item, Operation
from soc.kernel.errors import WireError


def read(body: bytes, index: str = "") -> list[Item]:
    reader = BulkReader(index)
    return reader.feed(body) + reader.end()


def test_actions_and_documents_come_in_pairs() -> None:
    body = b'{"create":{"_index":"a","_id":"1"}}\n{"m":1}\n{"index":{}}\r\n{"m":2}\r\n'
    first, second = read(body, "of-the-path")
    assert (first.operation, first.index, first.id, first.document) == (
        Operation.CREATE,
        "a",
        "1",
        b'{"m":1}',
    )
    assert (second.operation, second.index, second.id, second.document) == (
        Operation.INDEX,
        "of-the-path",
        "",
        b'{"m":2}',
    )


def test_blank_lines_between_pairs_and_a_missing_last_line_end_are_passed_over() -> None:
    body = b'\n{"index":{}}\n{"m":1}\n\n \r\n{"index":{}}\n{"m":2}'
    assert [item.document for item in read(body)] == [b'{"m":1}', b'{"m":2}']


@pytest.mark.parametrize("document", [b"", b"no JSON", b"[1]", b"\xff\x00", b'{"index":{}}'])
def test_what_stands_where_a_document_must_is_one(document: bytes) -> None:
    (item,) = read(b'{"index":{}}\n' + document + b"\n")
    assert item.document == document


@pytest.mark.parametrize(
    "action",
    [
        b'{"delete":{"_id":"1"}}',
        b'{"update":{"_id":"1"}}',
        b"{}",
        b'{"create":{},"index":{}}',
        b'{"create":null}',
        b'{"create":{"_id":[1]}}',
        b"[" * 5000,
        b'{"create":{"x":' + b"[" * 5000,
        b"\xff",
        b"<html>",
        b'{"create":{"_id":"' + b"i" * MAX_ACTION_BYTES + b'"}}',
    ],
)
def test_another_action_spoils_the_body(action: bytes) -> None:
    with pytest.raises(WireError, match="action 1"):
        read(b'{"index":{}}\n{"m":1}\n' + action + b'\n{"m":2}\n')


def test_an_action_without_a_document_spoils_the_body() -> None:
    with pytest.raises(WireError, match="action 0 has no document"):
        read(b'{"index":{}}\n')


def test_a_number_as_id_is_its_text() -> None:
    numbered, text = read(b'{"index":{"_id":7}}\n{"m":1}\n{"index":{"_id":"7"}}\n{"m":1}\n')
    assert (numbered.id, numbered.own_id) == ("7", text.own_id)


def test_ids_stay_within_the_limits_of_the_wire() -> None:
    (item,) = read(b'{"index":{"_id":"' + b"i" * 8000 + b'"}}\n{"m":1}\n')
    assert len(item.own_id) < 100


def test_an_id_of_the_senders_own_names_the_document_wherever_it_stands() -> None:
    first, second = read(b'{"index":{"_index":"a","_id":"1"}}\n{"m":1}\n' * 2)
    (other,) = read(b'{"index":{"_index":"b","_id":"1"}}\n{"m":1}\n')
    assert first.own_id == second.own_id
    assert other.own_id != first.own_id


def test_a_body_that_was_cut_and_comes_again_gives_the_same_ids() -> None:
    body = b'{"index":{}}\n{"m":1}\n' * 5
    whole = read(body)
    assert len({item.own_id for item in whole}) == 5
    assert read(body) == whole
    for count in range(5):
        cut = body[: len(body) // 5 * count + 20]
        assert BulkReader().feed(cut) == whole[:count]


def test_the_same_body_for_another_index_is_another() -> None:
    body = b'{"index":{}}\n{"m":1}\n'
    assert read(body, "a")[0].own_id != read(body, "b")[0].own_id


def test_equal_documents_at_the_same_place_of_different_bodies_are_two() -> None:
    (_, one), (_, other) = (read(b'{"index":{}}\n{"m":%d}\n{"index":{}}\n{"m":0}\n' % n) for n in range(2))
    assert one.document == other.document
    assert one.own_id != other.own_id
