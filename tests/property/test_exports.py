"""Exports that hold anything: the reader ends with findings or with words, never otherwise."""

import json
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from struct import Struct

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.readings import event_of

from collectors.sources.apart import Kind
from collectors.sources.findings_child import main

HEAD = Struct(">BQI")
NAMES = st.sampled_from(
    [
        "runs",
        "results",
        "rule",
        "ruleIndex",
        "version",
        "tool",
        "driver",
        "rules",
        "findings",
        "severity",
        "level",
    ]
)
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text(max_size=8)
    | st.just("2.1.0"),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(NAMES | st.text(max_size=6), inner, max_size=5)
    ),
    max_leaves=30,
)
CELLS = st.text(alphabet='ab,;\t|"\n\r \0é', max_size=6)
TABLES = st.lists(st.lists(CELLS, max_size=5), max_size=6).map(lambda rows: "\n".join(map(",".join, rows)))
FILES = st.binary(max_size=200) | TABLES.map(str.encode) | JSON.map(lambda value: json.dumps(value).encode())


def items(data: bytes) -> Iterator[tuple[Kind, int, bytes]]:
    at = 0
    while at < len(data):
        kind, number, size = HEAD.unpack_from(data, at)
        at += HEAD.size
        yield Kind(kind), number, data[at : at + size]
        at += size
    assert at == len(data)


@pytest.mark.parametrize("layout", ["auto", "csv", "json", "sarif"])
@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(data=FILES)
def test_whatever_is_dropped_the_reader_gives_objects_or_says_why(
    tmp_path: Path, layout: str, data: bytes
) -> None:
    export = tmp_path / "export"
    export.write_bytes(data)
    out = BytesIO()
    status = main([str(export), layout], out)
    found = list(items(out.getvalue()))
    records = [(number, raw) for kind, number, raw in found if kind is Kind.RECORD]
    assert [kind for kind, _, _ in found if kind is Kind.REMARK] == [Kind.REMARK] * status
    assert [number for number, _ in records] == list(range(1, len(records) + 1))
    for _, raw in records:
        assert isinstance(json.loads(raw), dict)
        assert event_of(raw, "finding").logsources
