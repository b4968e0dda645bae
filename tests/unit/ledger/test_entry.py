import msgspec
import pytest
from support.tally import comment

from soc.kernel.errors import Corrupt
from soc.ledger.entry import GENESIS, MAX_FACTS, link, open_entry, seal


def test_what_is_sealed_opens_to_the_same_facts() -> None:
    facts = [comment("x"), comment("đ", exercise="drill-1", role="correlator", term=3, collector="c1")]
    head, parts = seal(GENESIS, "attempt", 7, facts)
    opened, again = open_entry(head, parts)
    assert list(again) == facts
    assert (opened.previous, opened.attempt, opened.at_ms) == (GENESIS, "attempt", 7)


def test_the_link_covers_the_hash_of_every_payload_but_not_the_payload() -> None:
    head, parts = seal(GENESIS, "attempt", 7, [comment("x"), comment("y")])
    other, _ = seal(GENESIS, "attempt", 7, [comment("x"), comment("z")])
    assert link(head) != link(other)
    _, facts = open_entry(head, [parts[0], None])
    assert [fact.payload is None for fact in facts] == [False, True]


def test_a_payload_that_was_exchanged_is_found() -> None:
    head, parts = seal(GENESIS, "attempt", 7, [comment("x"), comment("y")])
    with pytest.raises(Corrupt, match="does not fit its hash"):
        open_entry(head, parts[::-1])


@pytest.mark.parametrize("count", [0, MAX_FACTS + 1])
def test_an_entry_has_one_to_a_thousand_facts(count: int) -> None:
    with pytest.raises(ValueError, match="1 to 1000"):
        seal(GENESIS, "attempt", 7, [comment("x")] * count)


@pytest.mark.parametrize("head", [b"", b"\xc1", b"\x90", msgspec.msgpack.encode([1, "a", GENESIS, 0, [[]]])])
def test_bytes_that_are_no_head_are_corrupt(head: bytes) -> None:
    with pytest.raises(Corrupt, match="ledger entry"):
        open_entry(head, [])


def test_a_missing_part_is_corrupt() -> None:
    head, _ = seal(GENESIS, "attempt", 7, [comment("x")])
    with pytest.raises(Corrupt, match="1 headers and 0 payloads"):
        open_entry(head, [])
