"""What a settling changes: episodes raised, revised, retracted."""

from typing import TypeAlias

import msgspec

from soc.model.episode import Episode


class Raised(msgspec.Struct, frozen=True):
    """An episode stands that did not before."""

    episode: Episode


class Revised(msgspec.Struct, frozen=True):
    """A standing episode has other members or times; revision n + 1."""

    episode: Episode
    why: str


class Retracted(msgspec.Struct, frozen=True):
    """An episode no longer stands."""

    episode_id: str
    rule_id: str
    why: str
    superseded_by: str | None
    """Id of the standing episode that shares most members with it."""


Change: TypeAlias = Raised | Revised | Retracted
