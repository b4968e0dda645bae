"""Modifiers that change a text before it is looked for: character sets, base64, dashes of options."""

import base64
from collections.abc import Iterator, Sequence

from soc.rulebook.documents import Fault
from soc.rulebook.strings import Parts, plain, windash


def encoded(parts: Parts, names: Sequence[str]) -> Iterator[Parts]:
    """Yield what *parts* becomes under the modifiers *names*, applied as written; ``expand`` is done before.

    Raises:
        Fault: an encoding of a wildcard, or an order in which one of them would see bytes.
    """
    states: list[Parts | bytes] = [parts]
    for name in names:
        states = [after for state in states for after in _encode(state, name)]
    for state in states:
        yield state if isinstance(state, tuple) else _decoded(state)


def _encode(state: Parts | bytes, name: str) -> Iterator[Parts | bytes]:
    match name:
        case "expand":
            yield state
        case "windash":
            yield from windash(_text(state, name))
        case "base64":
            yield (base64.b64encode(_bytes(state, name)).decode(),)
        case "base64offset":
            yield from _base64_offsets(_bytes(state, name))
        case _:
            yield plain(_text(state, name), name).encode(_CHARSETS[name])


def _base64_offsets(data: bytes) -> Iterator[Parts]:
    """Yield the three texts of *data* inside base64, by its distance in bytes from a multiple of three."""
    for shift in range(3):
        text = base64.b64encode(b" " * shift + data).decode()
        end = (None, -3, -2)[(len(data) + shift) % 3]
        yield (text[(0, 2, 3)[shift] : end],)


def _text(state: Parts | bytes, name: str) -> Parts:
    if isinstance(state, bytes):
        raise Fault(f"{name} must come before encodings", fix=f"write |{name} first")
    return state


def _bytes(state: Parts | bytes, name: str) -> bytes:
    return state if isinstance(state, bytes) else plain(state, name).encode()


def _decoded(data: bytes) -> Parts:
    text = data.decode("utf-8", "replace")
    return (text,) if text else ()


_CHARSETS = {"wide": "utf-16-le", "utf16le": "utf-16-le", "utf16be": "utf-16-be", "utf16": "utf-16"}
