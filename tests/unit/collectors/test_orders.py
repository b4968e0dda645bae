"""What answers ask for is kept until it is done, and done once."""

from collectors.orders import Orders
from soc.wire.messages import Answer, SignedRevision


def test_of_several_wishes_to_send_again_the_earliest_holds_once() -> None:
    orders = Orders()
    for seq in (7, 3, 5):
        orders.heed(Answer(1, 0, resend_from=seq))
    assert orders.wake.is_set()
    assert (orders.resend_from(), orders.resend_from()) == (3, None)


def test_of_several_revisions_the_last_is_offered_once() -> None:
    orders = Orders()
    for number in (1, 2):
        orders.heed(Answer(1, 0, configuration=SignedRevision(number, b"", b"")))
    assert orders.revision.is_set()
    offered = orders.offered()
    assert offered is not None
    assert (offered.number, orders.offered(), orders.revision.is_set()) == (2, None, False)


def test_an_answer_without_wishes_says_only_that_the_centre_is_there() -> None:
    orders = Orders()
    orders.heed(Answer(1, 0))
    assert orders.answered.is_set()
    assert [orders.wake.is_set(), orders.revision.is_set()] == [False, False]
