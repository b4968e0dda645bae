"""What well-known programs say in syslog: one table of program → message patterns → fields.

``action`` names what was done, ``outcome`` is ``success`` or ``failure``; groups of a pattern are fields.
Names that a stranger chooses (users, addresses) are matched greedily up to the fixed end of the message,
so that a user called ``x from 10.0.0.1 port 22`` cannot put an address of his own into ``src_ip``.
An empty name is a value; what a message leaves out is no field.
"""

import re
from collections.abc import Mapping
from typing import Final, NamedTuple

from soc.model.event import Fields

MESSAGE_LIMIT: Final = 8192
"""Longer messages are not taken apart: a pattern's cost may grow with the square of the length."""


class Saying(NamedTuple):
    """One kind of message and the fields it always has."""

    pattern: re.Pattern[str]
    fields: Mapping[str, str]


def service_fields(fields: Fields) -> Fields:
    """Return the further fields of a syslog message with ``program`` and ``message``; empty if unknown."""
    program = fields.get("program")
    message = fields.get("message")
    if not isinstance(program, str) or not isinstance(message, str) or len(message) > MESSAGE_LIMIT:
        return {}
    found: Fields = {}
    repeated = _REPEATED.match(message)
    if repeated is not None:
        found["repeated"] = int(repeated[1])
        message = repeated[2]
    sayings = _PAM if message.startswith("pam_") else _SAYINGS.get(program.partition("/")[0].lower(), ())
    for saying in sayings:
        match = saying.pattern.match(message)
        if match is not None:
            found.update(saying.fields)
            found.update(
                {name: _typed(name, value) for name, value in match.groupdict().items() if value is not None}
            )
            break
    return found


def _typed(name: str, value: str) -> str | int:
    return int(value) if name in _NUMBERS else value


def _say(pattern: str, action: str = "", outcome: str = "") -> Saying:
    constant = {"action": action, "outcome": outcome}
    return Saying(re.compile(pattern, re.DOTALL), {name: value for name, value in constant.items() if value})


_NUMBERS: Final = frozenset({"src_port", "attempts", "size"})
_REPEATED = re.compile(r"message repeated (\d{1,9}) times: \[ ?(.*)\]$", re.DOTALL)
_USER = r"(?:invalid user |illegal user )?(?P<user>.*)"
_FROM = r" from (?P<src_ip>\S{1,64})(?: port (?P<src_port>\d{1,5}))?"
_PEER = r"[^\[\s]{0,255}\[(?P<src_ip>[^\]]{1,64})\](?::\d+)?"
_PAM: Final = (
    _say(
        r"pam_\w{1,32}\([\w.-]{1,64}:auth\): authentication failure; logname=\S* uid=\d+ euid=\d+"
        r" tty=(?P<tty>\S+)? ruser=\S* rhost=(?P<src_ip>\S+)?"
        r"(?: +user=(?P<user>.*))?$",
        "pam_authentication",
        "failure",
    ),
    _say(
        r"pam_\w+\([\w.-]+:session\): session opened for user (?P<user>.*?)(?:\(uid=\d+\))? by ",
        "session_opened",
    ),
    _say(r"pam_\w+\([\w.-]+:session\): session closed for user (?P<user>.*)$", "session_closed"),
)
_SSHD: Final = (
    _say(rf"Accepted (?P<method>\S+) for {_USER}{_FROM}(?: ssh2?(?::.*)?)?$", "login", "success"),
    _say(rf"Failed (?P<method>\S+) for {_USER}{_FROM}(?: ssh2?(?::.*)?)?$", "login", "failure"),
    _say(rf"(?:Invalid|Illegal) user (?P<user>.*){_FROM}$", "invalid_user", "failure"),
    _say(
        rf"error: maximum authentication attempts exceeded for {_USER}{_FROM}.*$",
        "too_many_attempts",
        "failure",
    ),
    _say(rf"Did not receive identification string{_FROM}", "no_identification", "failure"),
    _say(
        r"(?:Disconnected from|Connection (?:closed|reset) by|Received disconnect from)"
        r"(?: (?:invalid|authenticating) user (?P<user>.*))?"
        r" (?P<src_ip>\S{1,64}) port (?P<src_port>\d{1,5})\b",
        "disconnect",
    ),
)
_SUDO_TAIL = (
    r"(?:TTY=(?P<TTY>[^;]*) ; )?PWD=(?P<PWD>.*?) ; USER=(?P<USER>[^;]*?) ;.*? ?COMMAND=(?P<COMMAND>.*)$"
)
_SUDO: Final = (
    _say(
        rf"\s*(?P<user>\S+) : (?P<reason>[^;=]+) ; {_SUDO_TAIL}",
        "sudo",
        "failure",
    ),
    _say(
        rf"\s*(?P<user>\S+) : {_SUDO_TAIL}",
        "sudo",
        "success",
    ),
)
_SU: Final = (
    _say(r"Successful su for (?P<USER>\S+) by (?P<user>\S+)", "su", "success"),
    _say(r"FAILED SU \(to (?P<USER>[^)]*)\) (?P<user>\S+)", "su", "failure"),
    _say(r"FAILED su for (?P<USER>\S+) by (?P<user>\S+)", "su", "failure"),
    _say(r"\(to (?P<USER>[^)]*)\) (?P<user>\S+) on ", "su", "success"),
)
_POSTFIX: Final = (
    _say(
        rf"warning: {_PEER}: SASL (?P<method>\S+) authentication failed(?:: (?P<reason>.*?))?"
        r"(?:, sasl_username=(?P<user>.*))?$",
        "login",
        "failure",
    ),
    _say(
        rf"(?P<queue_id>\w+): client={_PEER}, sasl_method=(?P<method>[^,\s]+), sasl_username=(?P<user>.*)$",
        "login",
        "success",
    ),
    _say(rf"(?P<queue_id>\w+): client={_PEER}", "accept"),
    _say(
        rf"(?P<queue_id>\w+): reject: (?P<command>\S+) from {_PEER}: (?P<reason>.*?)"
        r"(?:; from=<(?P<from>[^>]*)>)?(?: to=<(?P<to>[^>]*)>)?(?: proto=\S+)?(?: helo=<(?P<helo>[^>]*)>)?$",
        "reject",
        "failure",
    ),
    _say(r"(?P<queue_id>\w+): from=<(?P<from>[^>]*)>, size=(?P<size>\d{1,15})", "queue"),
    _say(
        r"(?P<queue_id>\w+): to=<(?P<to>[^>]*)>,.*? relay=(?P<relay>[^,]+),.*? status=(?P<status>\w+)"
        r"(?: \((?P<reason>.*)\))?$",
        "deliver",
    ),
    _say(r"(?P<queue_id>\w+): message-id=<?(?P<message_id>[^>]*)>?", "message"),
    _say(rf"connect from {_PEER}", "connect"),
    _say(rf"(?:disconnect|lost connection after \S+) from {_PEER}", "disconnect"),
)
_DOVECOT_TAIL = r"user=<(?P<user>.*)>, method=(?P<method>[^,\s]+)?, rip=(?P<src_ip>[^,\s]+)"
_DOVECOT: Final = (
    _say(rf"(?P<service>[\w-]+)-login: (?:Info: )?Login: {_DOVECOT_TAIL}", "login", "success"),
    _say(
        r"(?P<service>[\w-]+)-login: (?:Info: )?(?:Disconnected|Aborted login)[^(]*"
        rf"\((?P<reason>auth failed), (?P<attempts>\d{{1,9}}) attempts[^)]*\):? {_DOVECOT_TAIL}",
        "login",
        "failure",
    ),
    _say(
        rf"(?P<service>[\w-]+)-login: (?:Info: )?(?:Disconnected|Aborted login).*? {_DOVECOT_TAIL}",
        "disconnect",
    ),
)
_USERADD: Final = (_say(r"new user: name=(?P<user>[^,]+)", "user_added", "success"),)
_SAYINGS: Final[Mapping[str, tuple[Saying, ...]]] = {
    "sshd": _SSHD,
    "sshd-session": _SSHD,
    "sudo": _SUDO,
    "su": _SU,
    "postfix": _POSTFIX,
    "dovecot": _DOVECOT,
    "useradd": _USERADD,
}
