"""What a settling changes: episodes raised, revised, retracted."""

from enum import StrEnum
from typing import TypeAlias

import msgspec

from soc.model.episode import Episode


class Why(StrEnum):
    """What became of an episode that stood before."""

    GREW = "grew"
    """It has more members."""
    SHRANK = "shrank"
    """It has fewer members."""
    CHANGED = "changed"
    """It has as many members, but not the same."""
    MERGED = "merged"
    """It and others are now one."""
    SPLIT = "split"
    """Some of its members now belong to another episode."""
    VANISHED = "vanished"
    """Its condition no longer holds."""


class Raised(msgspec.Struct, frozen=True):
    """An episode stands that did not before."""

    episode: Episode


class Revised(msgspec.Struct, frozen=True):
    """A standing episode has other members or times; revision n + 1."""

    episode: Episode
    why: Why


class Retracted(msgspec.Struct, frozen=True):
    """An episode no longer stands."""

    episode_id: str
    rule_id: str
    why: Why
    superseded_by: str | None
    """Id of the standing episode that shares most members with it."""


Change: TypeAlias = Raised | Revised | Retracted
