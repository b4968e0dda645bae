"""Faults wait in order."""

from soc.ncsc_stub.faults import MAX_WAITING, Fault, FaultKind, Faults

SLOW, DROP = Fault(FaultKind.SLOW, 1), Fault(FaultKind.DROP_AFTER_COMMIT, 1)


def test_faults_are_met_in_the_order_they_were_armed() -> None:
    faults = Faults()
    faults.arm(SLOW, 2)
    assert faults.arm(DROP, 1) == 3
    assert [faults.take() for _ in range(4)] == [SLOW, SLOW, DROP, None]


def test_no_more_wait_than_may() -> None:
    faults = Faults()
    faults.arm(SLOW, MAX_WAITING)
    assert faults.arm(DROP, 1) == MAX_WAITING
    assert faults.take() == SLOW
