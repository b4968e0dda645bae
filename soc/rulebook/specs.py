"""Mappings that people write, read key by key with every fault at its place."""

import re
from collections.abc import Iterable
from enum import Enum, auto
from typing import Any

from soc.kernel.errors import shortened
from soc.rulebook.documents import Fault, Keys, nearest


class Required(Enum):
    """There is no default."""

    KEY = auto()


class Spec:
    """A mapping and where it stands; whoever reads it says at the end which keys there may be."""

    def __init__(self, data: Any, keys: Keys) -> None:
        """Read *data*, which stands at *keys*.

        Raises:
            Fault: it is no mapping.
        """
        self.keys = keys
        if not isinstance(data, dict):
            raise Fault(f"a mapping was expected, not {shortened(data)}", *keys)
        self.data: dict[Any, Any] = data

    def only(self, accepted: Iterable[str]) -> None:
        """Refuse every key that is not *accepted*.

        Raises:
            Fault: there is one.
        """
        names = set(accepted)
        for key in self.data:
            if key not in names:
                raise Fault(f"unknown key {shortened(key)}", *self.keys, str(key), fix=nearest(key, names))

    def raw(self, key: str, default: Any = Required.KEY) -> Any:
        """Return the value of *key* as it is.

        Raises:
            Fault: it is missing and there is no default.
        """
        value = self.data.get(key, default)
        if value is Required.KEY:
            raise Fault(f"{key} is missing", *self.keys)
        return value

    def text(self, key: str, default: Any = Required.KEY) -> str:
        """Return a text.

        Raises:
            Fault: it is none.
        """
        value = self.raw(key, default)
        if not isinstance(value, str):
            raise self.fault(key, "a text")
        return value

    def flag(self, key: str) -> bool:
        """Return a boolean, false if missing.

        Raises:
            Fault: it is none.
        """
        value = self.raw(key, default=False)
        if not isinstance(value, bool):
            raise self.fault(key, "true or false")
        return value

    def choice(self, key: str, accepted: Iterable[str], default: Any = Required.KEY) -> str:
        """Return one of *accepted*.

        Raises:
            Fault: it is none of them.
        """
        names = list(accepted)
        value = self.raw(key, default)
        if value not in names:
            raise Fault(f"{key} {shortened(value)}", *self.keys, key, fix=nearest(value, names))
        return str(value)

    def texts(self, key: str, default: Any = Required.KEY) -> tuple[str, ...]:
        """Return a text or a list of texts.

        Raises:
            Fault: it is something else, or empty.
        """
        return self.texts_of(key, self.raw(key, default))

    def texts_of(self, key: str, value: Any) -> tuple[str, ...]:
        """Return *value*, found under *key*, as texts.

        Raises:
            Fault: it is no text and no list of them.
        """
        found = [value] if isinstance(value, str) else value
        if not isinstance(found, list | tuple) or not all(isinstance(text, str) and text for text in found):
            raise self.fault(key, "a text or a list of texts")
        if isinstance(found, list) and not found:
            raise self.fault(key, "a text or a list of texts")
        return tuple(found)

    def expression(self, key: str) -> re.Pattern[str]:
        """Return a regular expression.

        Raises:
            Fault: it is none.
        """
        try:
            return re.compile(self.text(key))
        except (re.error, OverflowError, RecursionError) as error:
            raise Fault(f"{key}: {error}", *self.keys, key) from error

    def fault(self, key: str, accepted: str) -> Fault:
        """Return the fault of a value that is not what is *accepted*."""
        return Fault(f"{key} {shortened(self.data.get(key))}", *self.keys, key, fix=f"accepted: {accepted}")
