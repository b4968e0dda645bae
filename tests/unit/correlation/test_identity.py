"""Identity: the table of merge, split, shrink and vanish, cell by cell."""

from collections.abc import Sequence

import msgspec
import pytest
from support.correlating import T0

from soc.correlation.changes import Raised, Retracted, Revised
from soc.correlation.identity import Register, Standing, reconcile
from soc.model.episode import Episode, Key, Member
from soc.model.identity import Layer

KEY = Key("r", "so-yte", None, (("ip", "x"),))


def an_episode(members: str) -> Episode:
    """Return an episode whose members are letters; their place in the alphabet is their time."""
    listed = tuple(Member(m, "a", "so-yte", T0 + ord(m), Layer.ON_THE_SPOT) for m in members)
    first, last = listed[0].at_ms, listed[-1].at_ms
    return Episode("", KEY, "1", first, last, first, len(listed), listed, (Layer.ON_THE_SPOT,), ("so-yte",))


def never(first_ms: int, last_ms: int) -> int:
    raise AssertionError


def told(old: Sequence[str], new: Sequence[str], *, frozen: bool = False) -> list[str]:
    """Return what is said when the episodes *old*, raised in this order, become *new*."""
    register = Register()
    standing = [
        register.adopt(msgspec.structs.replace(an_episode(members), id=members), frozen=frozen)
        for members in old
    ]
    found, changes = reconcile(standing, [an_episode(members) for members in new], register, never)
    named = {one.episode.id: "".join(m.id for m in one.episode.members) for one in found}
    words = []
    for change in changes:
        match change:
            case Raised(episode=episode):
                words.append(f"+{named[episode.id]}")
            case Revised(episode=episode, why=why):
                words.append(f"{episode.id}→{named[episode.id]} {why}")
            case Retracted(episode_id=id_, why=why, superseded_by=heir):
                words.append(f"-{id_} {why} {heir and named[heir]}")
    return words


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ([], ["ab"], ["+ab"]),
        (["ab"], ["ab"], []),
        (["ab"], ["abc"], ["ab→abc grew"]),
        (["abc"], ["bc"], ["abc→bc shrank"]),
        (["abc"], ["abd"], ["abc→abd changed"]),
        (["ab"], [], ["-ab vanished None"]),
        (["ab"], ["cd"], ["+cd", "-ab vanished None"]),
        (["ab", "de"], ["abcde"], ["ab→abcde merged", "-de merged abcde"]),
        (["de", "ab"], ["abcde"], ["de→abcde merged", "-ab merged abcde"]),
        (["abcde"], ["ab", "cde"], ["+ab", "abcde→cde split"]),
        (["abde"], ["ab", "de"], ["+de", "abde→ab split"]),
        (["abc", "de"], ["a", "bcde"], ["+a", "abc→bcde merged", "-de merged bcde"]),
        (["ab", "cd", "ef"], ["bcde"], ["ab→bcde merged", "-cd merged bcde", "-ef merged bcde"]),
        (["bc", "ad"], ["ab", "cd"], ["bc→ab merged", "ad→cd merged"]),
    ],
)
def test_each_cell_of_the_table(old: list[str], new: list[str], words: list[str]) -> None:
    assert told(old, new) == words


def test_a_frozen_episode_grows_and_is_never_taken_from() -> None:
    assert told(["abc"], [], frozen=True) == []
    assert told(["abc"], ["bc"], frozen=True) == []
    assert told(["abc"], ["cd"], frozen=True) == ["abc→abcd grew"]


def test_an_id_depends_on_what_the_episode_is_and_is_given_once() -> None:
    register = Register()
    first, again = register.name(an_episode("ab")), register.name(an_episode("ac"))
    assert first.episode.id == Register().name(an_episode("az")).episode.id
    assert (again.episode.generation, again.episode.id != first.episode.id) == (1, True)
    for other in (
        msgspec.structs.replace(an_episode("ab"), rule_version="2"),
        msgspec.structs.replace(an_episode("ab"), key=Key("r", None, None, KEY.group)),
        an_episode("b"),
    ):
        assert Register().name(other).episode.id != first.episode.id


def test_of_episodes_too_large_to_list_the_entries_between_are_counted() -> None:
    large = msgspec.structs.replace(an_episode("abyz"), truncated=True, count=200_000)
    old = [Standing(1, msgspec.structs.replace(large, id="large"))]
    new = [an_episode("xy"), an_episode("b")]
    found, _ = reconcile(old, new, Register(), lambda first, last: (last - first) // 1 + 1)
    assert found[0].episode.id == "large"
