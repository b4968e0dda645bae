"""A signature over a revision holds for one collector, one number and one body."""

from soc.model.identity import Origin
from soc.wire.revision import signed_bytes

ORIGIN = Origin("so-y-te", "c1")


def test_another_addressee_number_or_body_gives_other_bytes() -> None:
    same = signed_bytes(ORIGIN, 1, b"x")
    others = {
        signed_bytes(Origin("so-y-te", "c2"), 1, b"x"),
        signed_bytes(Origin("so-y-te", "c1", "run"), 1, b"x"),
        signed_bytes(ORIGIN, 2, b"x"),
        signed_bytes(ORIGIN, 1, b"y"),
    }
    assert same not in others
    assert len(others) == 4
    assert same == signed_bytes(ORIGIN, 1, b"x")


def test_the_bytes_are_those_that_collectors_in_the_field_verify() -> None:
    assert signed_bytes(ORIGIN, 258, b"[x]") == (
        b"soc configuration 1\0urn:soc:collector:so-y-te:c1:live\0\0\0\0\0\0\0\1\2[x]"
    )
