"""Streams cut into pieces, as networks do."""

from itertools import pairwise

from hypothesis import strategies as st

PLACES = st.lists(st.integers(0, 10_000), max_size=12)
"""Where to cut; any number fits any stream."""


def cut(data: bytes, places: list[int]) -> list[bytes]:
    """Return *data* in pieces, some of them empty."""
    edges = [0, *sorted(place % (len(data) + 1) for place in places), len(data)]
    return [data[start:end] for start, end in pairwise(edges)]
