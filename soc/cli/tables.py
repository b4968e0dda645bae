"""Tables of what others said: every cell is plain text, without markup and control characters."""

from collections.abc import Iterable

from rich.console import Console
from rich.table import Table
from rich.text import Text

WIDTH = 220


def print_table(headings: Iterable[str], rows: Iterable[Iterable[object]]) -> None:
    """Print *rows* under *headings*."""
    table = Table(*headings, box=None)
    for row in rows:
        table.add_row(*(Text(printable(str(cell))) for cell in row))
    Console(width=WIDTH).print(table)


def printable(text: str) -> str:
    """Return *text* without control characters: log lines and names of files do not steer a terminal."""
    return "".join(char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in text)
