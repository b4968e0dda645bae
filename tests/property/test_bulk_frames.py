"""A bulk body gives the same items wherever reads end, and none is more or less than was said."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from soc.gateway.bulk_reading import BulkReader, Item
from soc.kernel.errors import WireError

ACTIONS = st.sampled_from(
    [b'{"index":{}}', b'{"create":{"_index":"a","_id":"1"}}', b'{"create": {"_id":5}} ']
)
DOCUMENTS = st.binary(max_size=40).map(lambda raw: raw.replace(b"\n", b" "))
ENDS = st.sampled_from([b"\n", b"\r\n"])
BLANKS = st.sampled_from([b"", b"\n", b" \r\n\n"])
PAIRS = st.tuples(BLANKS, ACTIONS, ENDS, DOCUMENTS, ENDS)


def read(pieces: list[bytes]) -> list[Item] | str:
    reader = BulkReader("i")
    try:
        return [item for piece in pieces for item in reader.feed(piece)] + reader.end()
    except WireError as error:
        return str(error)


def cut(data: bytes, places: list[int]) -> list[bytes]:
    edges = [0, *sorted(place % (len(data) + 1) for place in places), len(data)]
    return [data[start:end] for start, end in pairwise(edges)]


@given(st.lists(PAIRS, max_size=8), st.lists(st.integers(0, 1000), max_size=12))
def test_pairs_come_out_as_they_went_in(pairs: list[tuple[bytes, ...]], places: list[int]) -> None:
    body = b"".join(b"".join(pair) for pair in pairs)
    items = read(cut(body, places))
    assert not isinstance(items, str)
    assert [item.document for item in items] == [
        (document + end).removesuffix(b"\n").removesuffix(b"\r") for _, _, _, document, end in pairs
    ]
    assert items == read([body])


@given(st.binary(max_size=200), st.lists(st.integers(0, 1000), max_size=12))
def test_any_bytes_give_the_same_wherever_they_are_cut(body: bytes, places: list[int]) -> None:
    assert read(cut(body, places)) == read([body])
