"""RELP gives the same frames wherever reads end."""

from hypothesis import given
from hypothesis import strategies as st
from support.cuts import PLACES, cut

from soc.gateway.relp_frames import Frame, RelpReader, framed
from soc.kernel.errors import WireError

FRAMES = st.builds(
    Frame,
    txnr=st.integers(0, 999_999_999),
    command=st.sampled_from(["open", "syslog", "close", "rsp", "serverclose"]),
    data=st.binary(max_size=40),
)


def read(pieces: list[bytes]) -> tuple[list[Frame], bool]:
    """Return the frames of *pieces*, and whether all of it could be read."""
    reader = RelpReader()
    frames: list[Frame] = []
    try:
        for piece in pieces:
            frames += reader.feed(piece)
    except WireError:
        return frames, False
    return frames, True


@given(st.lists(FRAMES, max_size=8), PLACES)
def test_frames_come_out_as_they_went_in(frames: list[Frame], places: list[int]) -> None:
    stream = b"".join(framed(frame.txnr, frame.command, frame.data) for frame in frames)
    assert read(cut(stream, places)) == (frames, True)


@given(st.binary(max_size=60), PLACES)
def test_whether_bytes_are_frames_does_not_hang_on_where_they_are_cut(
    stream: bytes, places: list[int]
) -> None:
    assert read(cut(stream, places))[1] == read([stream])[1]


@given(st.text("0123456789 \nsyslogopen", max_size=40), PLACES)
def test_nor_for_what_looks_like_frames(stream: str, places: list[int]) -> None:
    assert read(cut(stream.encode(), places))[1] == read([stream.encode()])[1]
