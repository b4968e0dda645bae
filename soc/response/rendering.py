"""Rendering: a command with its variables filled in, and the digest of exactly that."""

import re
from collections.abc import Mapping
from typing import Any

import msgspec

from soc.kernel.errors import PlaybookError
from soc.kernel.ids import digest
from soc.response.playbook import SocAction, Value

_REFERENCE = re.compile(r"(__[a-z][a-z0-9_]*__):value")


class Command(msgspec.Struct, frozen=True):
    """What is to be carried out; carrying it out twice under one key has one effect."""

    run_id: str
    step_id: str
    key: str
    """The same for every attempt of this step in this run."""
    alert_id: str
    exercise: str | None
    name: str
    """See ``playbook.ActionName``."""
    args: dict[str, str]


def references(text: str) -> list[str]:
    """Return the variables that *text* names as ``__name__:value``."""
    return _REFERENCE.findall(text)


def render(command: SocAction, variables: Mapping[str, Value]) -> dict[str, Any]:
    """Return *command* as it is shown, approved and carried out: name and arguments.

    Raises:
        PlaybookError: a variable has no value; it never stays in the text.
    """
    args = {name: _filled(text, variables) for name, text in command.args.items()}
    return {"type": command.type, "name": command.name.value, "args": args}


def digest_of(rendered: Mapping[str, Any]) -> str:
    """Return the digest of a rendered command."""
    return digest("command", msgspec.json.encode(rendered, order="sorted"))


def _filled(text: str, variables: Mapping[str, Value]) -> str:
    def fill(found: re.Match[str]) -> str:
        if found[1] not in variables:
            raise PlaybookError(f"variable {found[1]} has no value")
        value = variables[found[1]]
        return str(value).lower() if isinstance(value, bool) else str(value)

    return _REFERENCE.sub(fill, text)
