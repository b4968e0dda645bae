r"""Runs of literals that every match of a regular expression holds, as far as they are plain to see.

Only what stands outside groups counts; an expression with alternatives outside of them, other inline flags
than case or escapes by number has none.
"""

import re


def literal_runs(pattern: str) -> list[str]:
    """Return stretches of text each of which stands, but for case, wherever *pattern* is found."""
    pattern = pattern.removeprefix("(?i)")
    if _UNPLAIN.search(pattern):
        return []
    runs, run, depth = [], "", 0
    for token in _TOKEN.finditer(pattern):
        depth += token["group"] is not None
        depth -= token["end"] is not None
        if token[0] == "|" and depth == 0:
            return []
        literal = token["literal"]
        if literal is not None and depth == 0 and token["times"] is None:
            run += literal[-1]
        else:
            runs.append(run)
            run = ""
    return [run for run in (*runs, run) if run]


_UNPLAIN = re.compile(r"\(\?[^:]|(?<!\\)(?:\\\\)*\\[\dxuUNpPcoEQkgGhHRXK]|\[\^?\]|\[\^?\[|\[[^\]]*\[:")
_TOKEN = re.compile(
    r"""(?:
        (?P<group>\((?:\?:)?)
      | (?P<end>\))
      | \[(?:\\.|[^\]\\])*\]              # a class
      | (?P<literal>\\[^A-Za-z0-9]|[^\\.^$])
      | .[a-zA-Z]?                        # an anchor, any character, or a class by its letter
    )
    (?P<times>[*+?][+?]?|\{[0-9,]*\}[+?]?)?""",
    re.DOTALL | re.VERBOSE,
)
