"""Lumberjack gives the same frames wherever reads end."""

from hypothesis import given
from hypothesis import strategies as st
from support.beats import compressed, document, window
from support.cuts import PLACES, cut

from soc.gateway.lumberjack import Document, LumberjackReader, Window
from soc.kernel.errors import WireError

NUMBERS = st.integers(0, 2**32 - 1)
FRAMES = st.lists(
    st.builds(Window, NUMBERS) | st.builds(Document, NUMBERS, st.binary(max_size=30)), max_size=5
)
GROUPS = st.lists(st.tuples(st.booleans(), FRAMES), max_size=5)
"""Frames that are sent compressed together, or as they are."""


def read(pieces: list[bytes]) -> tuple[list[Window | Document], bool]:
    """Return the frames of *pieces*, and whether all of it could be read."""
    reader = LumberjackReader()
    frames: list[Window | Document] = []
    try:
        for piece in pieces:
            frames += reader.feed(piece)
    except WireError:
        return frames, False
    return frames, True


def said(frame: Window | Document) -> bytes:
    return window(frame.count) if isinstance(frame, Window) else document(frame.seq, frame.raw)


@given(GROUPS, PLACES)
def test_frames_come_out_as_they_went_in(
    groups: list[tuple[bool, list[Window | Document]]], places: list[int]
) -> None:
    stream = b""
    for packed, frames in groups:
        plain = b"".join(map(said, frames))
        stream += compressed(plain) if packed else plain
    assert read(cut(stream, places)) == ([frame for _, frames in groups for frame in frames], True)


@given(st.binary(max_size=60) | st.text("2WJDC\0\1", max_size=40).map(str.encode), PLACES)
def test_whether_bytes_are_frames_does_not_hang_on_where_they_are_cut(
    stream: bytes, places: list[int]
) -> None:
    assert read(cut(stream, places))[1] == read([stream])[1]
