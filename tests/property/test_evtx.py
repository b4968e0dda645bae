"""Windows logs under any sequence of growth, copies, other names and kills: each record exactly once."""

from io import BytesIO
from pathlib import Path
from struct import Struct

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.evtx_files import corpus, with_chunks

from collectors.sources.evtx_child import main
from collectors.sources.marks import Marks

HEAD = Struct(">BQI")
RECORDS = 869
CHUNKS = 15
"""Of the sample that hold records."""
STEPS = st.lists(
    st.tuples(st.integers(1, CHUNKS), st.sampled_from(["a.evtx", "b.evtx", "c.evtx"]), st.integers(0, 900)),
    max_size=6,
)


@pytest.fixture(scope="module")
def sample() -> bytes:
    return (corpus() / "Lateral Movement/LM_5145_Remote_FileCopy.evtx").read_bytes()


def records(out: bytes) -> list[tuple[int, bytes]]:
    found, at = [], 0
    while at < len(out):
        _, number, size = HEAD.unpack_from(out, at)
        at += HEAD.size
        found.append((number, out[at : at + size]))
        at += size
    return found


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(steps=STEPS)
def test_kept_prefixes_of_a_growing_log_under_any_names_add_up_to_the_log(
    tmp_path: Path, sample: bytes, steps: list[tuple[int, str, int]]
) -> None:
    marks, kept = Marks("s"), []
    for chunks, name, keep in [*sorted(steps, key=lambda step: step[0]), (CHUNKS, "last.evtx", RECORDS)]:
        log = tmp_path / name
        log.write_bytes(with_chunks(sample, list(range(chunks))))
        out = BytesIO()
        assert main([str(log), *marks.texts()], out) == 0
        taken = records(out.getvalue())[:keep]
        kept += [number for number, _ in taken]
        if taken:
            marks.move(str(log), *taken[-1])
    assert kept == list(range(1, kept[-1] + 1))
    assert kept[-1] == RECORDS
