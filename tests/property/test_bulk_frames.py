"""A bulk body gives the same items wherever reads end, and none is more or less than was said."""

from hypothesis import given
from hypothesis import strategies as st
from support.cuts import PLACES, cut

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


@given(st.lists(PAIRS, max_size=8), PLACES)
def test_pairs_come_out_as_they_went_in(pairs: list[tuple[bytes, ...]], places: list[int]) -> None:
    body = b"".join(b"".join(pair) for pair in pairs)
    items = read(cut(body, places))
    assert not isinstance(items, str)
    assert [item.document for item in items] == [
        (document + end).removesuffix(b"\n").removesuffix(b"\r") for _, _, _, document, end in pairs
    ]
    assert items == read([body])


@given(st.binary(max_size=200), PLACES)
def test_any_bytes_give_the_same_wherever_they_are_cut(body: bytes, places: list[int]) -> None:
    assert read(cut(body, places)) == read([body])
