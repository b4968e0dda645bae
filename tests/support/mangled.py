"""Mangled: real lines of many kinds, and what hostile hands make of them."""

import gzip
import json
from pathlib import Path

import zstandard
from hypothesis import strategies as st

OF_EACH = 60
"""Lines of each log."""
ODD = (
    *(
        b'"',
        b"\\",
        b"\\u",
        b"\\ud800",
        b"\\u006d",
        b"\\x41",
        b"\\/",
        b"\0",
        b"\xff",
        b"\xef\xbb\xbf",
        b"\xff\xfe",
    ),
    *(b"{", b"}", b"[", b"]", b",", b":", b"\n", b"1e400", b"-0.0", b"null", b"true", "ỳKſ".encode()),
)
pieces = st.binary(min_size=1, max_size=3) | st.sampled_from(ODD)


def real_lines(corpora: Path) -> list[bytes]:
    """Lines of Windows, Zeek, web, authentication and cloud logs."""
    text = corpora / "text"
    with zstandard.open(corpora / "otrf" / "psh_lsass_memory_dump_comsvcs.json.zst", "rb") as windows:
        recording = windows.read()
    zeek = [gzip.decompress((text / "zeek" / f"{name}.json.gz").read_bytes()) for name in ("dns", "notice")]
    plain = [(text / name).read_bytes() for name in ("apache_access.log", "auth.log")]
    trail = json.loads(next((text / "cloudtrail").glob("*.json")).read_bytes())["Records"]
    logs = [log.splitlines() for log in (recording, *zeek, *plain)]
    logs.append([json.dumps(each).encode() for each in trail])
    return [line for log in logs for line in log[:OF_EACH]]


@st.composite
def mangled(draw: st.DrawFn, lines: list[bytes]) -> bytes:
    """One of *lines* with pieces put in, taken out, turned over or repeated."""
    raw = draw(st.sampled_from(lines))
    for _ in range(draw(st.integers(0, 4))):
        begin = draw(st.integers(0, len(raw)))
        end = min(len(raw), begin + draw(st.integers(0, 30)))
        piece = raw[begin:end]
        changes = st.sampled_from([b"", piece * 2, piece[::-1], piece.swapcase()])
        raw = raw[:begin] + draw(pieces | changes) + raw[end:]
    return raw
