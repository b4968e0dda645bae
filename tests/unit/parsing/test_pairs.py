import pytest
from support.readings import context

from soc.kernel.clock import iso_ms
from soc.kernel.errors import RecordError
from soc.model.event import LogSource
from soc.parsing.pairs import is_pairs, read_pairs

AUDITD = (LogSource("linux", None, "auditd"),)


def test_an_audit_records_arguments_are_decoded() -> None:
    arguments = 'a0="cat" a1=2F6574632F706173737764 a2=2F6D7920646972'
    line = f"type=EXECVE msg=audit(1772424000.123:42): argc=3 {arguments}"
    reading = read_pairs(line, context())
    assert [reading.fields[name] for name in ("a0", "a1", "a2", "argc")] == [
        "cat",
        "/etc/passwd",
        "/my dir",
        3,
    ]
    assert reading.logsources == AUDITD
    assert reading.at_ms is not None
    assert iso_ms(reading.at_ms) == "2026-03-02T04:00:00.123Z"


def test_a_quoted_argument_is_never_taken_for_hexadecimal() -> None:
    line = 'type=EXECVE msg=audit(1772424000.123:42): argc=4 a0="nc" a1="-p" a2="4444" a3=2D65'
    fields = read_pairs(line, context()).fields
    assert [fields[name] for name in ("a0", "a1", "a2", "a3")] == ["nc", "-p", "4444", "-e"]


def test_what_is_no_pair_or_comes_twice_stays_in_the_message() -> None:
    line = "type=SYSCALL a=1 a=2 user[0]=x and more"
    fields = read_pairs(line, context()).fields
    assert (fields["a"], fields["message"]) == (1, line)
    assert read_pairs("type=x message=own", context()).fields["message"] == "own"


def test_registers_of_a_system_call_stay_numbers() -> None:
    fields = read_pairs(
        "type=SYSCALL msg=audit(1772424000.123:42): syscall=59 a0=7FFF a1=0", context()
    ).fields
    assert (fields["a0"], fields["a1"], fields["syscall"]) == ("7FFF", 0, 59)


def test_what_user_space_puts_into_msg_is_read_and_never_over_the_kernels() -> None:
    line = "type=USER_AUTH msg=audit(1772424000.1:4): pid=1 uid=0 msg='op=PAM acct=\"bob\" uid=7 res=failed'"
    fields = read_pairs(line, context()).fields
    assert (fields["acct"], fields["res"], fields["uid"]) == ("bob", "failed", 0)


def test_a_time_of_date_and_time_is_read_in_its_own_zone() -> None:
    reading = read_pairs('date=2026-03-02 time=11:00:00 tz="+0700" devid=F logid=1 type=event', context())
    assert reading.at_ms is not None
    assert iso_ms(reading.at_ms) == "2026-03-02T04:00:00.000Z"


def test_an_unclosed_quote_takes_the_rest_of_the_line() -> None:
    fields = read_pairs('type=x a="b c=\\"', context()).fields
    assert (fields["type"], fields["a"]) == ("x", 'b c="')
    assert "c" not in fields


def test_many_unclosed_quotes_cost_no_more_than_their_length() -> None:
    assert read_pairs("type=x " + 'a="\\" ' * 100_000, context()).fields["type"] == "x"


@pytest.mark.parametrize(
    ("line", "expected"),
    [("type=SYSCALL msg=", True), ("node=h type=PATH", True), ("<13>date=2026", True), ("hello a=b", False)],
)
def test_lines_of_pairs_are_told_by_their_beginning(line: str, expected: bool) -> None:
    assert is_pairs(line) is expected


def test_a_line_without_pairs_is_refused() -> None:
    with pytest.raises(RecordError, match="no key=value pair"):
        read_pairs("hello", context())
