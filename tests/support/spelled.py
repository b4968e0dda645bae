"""Spelled: one JSON value in the many ways in which it may be written down, the usual one mostly."""

import json
from typing import Any

from hypothesis import strategies as st
from support.mangled import pieces

PLAIN = 30
"""How many times likelier a sign stands as it is than in each other spelling."""


@st.composite
def spelled(draw: st.DrawFn, value: Any) -> str:
    """*value* as JSON, written as only a hostile or an eccentric writer would."""
    match value:
        case dict():
            pairs = [f"{draw(spelled(name))} : {draw(spelled(inner))}" for name, inner in value.items()]
            return "{" + ",".join(pairs) + "}"
        case list():
            return "[" + ", ".join([draw(spelled(inner)) for inner in value]) + "]"
        case str():
            return '"' + "".join([draw(_sign(char)) for char in value]) + '"'
        case int() | float() if not isinstance(value, bool) and abs(value) < 1e15:
            return draw(st.sampled_from([json.dumps(value), f"{value:.17e}"]))
        case _:
            return json.dumps(value)


@st.composite
def rewritten(draw: st.DrawFn, raw: bytes) -> bytes:
    """*raw* with up to two of its bytes written otherwise or damaged."""
    for _ in range(draw(st.integers(0, 2))):
        at = draw(st.integers(0, len(raw) - 1))
        sign = raw[at : at + 1]
        other = draw(pieces | st.sampled_from([b"\\u%04x" % sign[0], b"\\" + sign, sign * 2]))
        raw = raw[:at] + other + raw[at + 1 :]
    return raw


def _sign(char: str) -> st.SearchStrategy[str]:
    plain = json.dumps(char, ensure_ascii=False)[1:-1]
    spellings = [plain, json.dumps(char)[1:-1]]
    spellings += [f"\\u{ord(char):04x}", f"\\u{ord(char):04X}"] if ord(char) < 0x10000 else []
    spellings += ["\\/"] if char == "/" else []
    return st.sampled_from([plain] * PLAIN + spellings)
