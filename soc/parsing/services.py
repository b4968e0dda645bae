"""What well-known programs say in syslog: one table of program → message patterns → fields.

``action`` names what was done, ``outcome`` is ``success`` or ``failure``; groups of a pattern are fields.
Names that a stranger chooses (users, addresses) are matched greedily up to the fixed end of the message,
so that a user called ``x from 10.0.0.1 port 22`` cannot put an address of his own into ``src_ip``.
An empty name is a value; what a message leaves out is no field.
"""

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Final, NamedTuple

from soc.model.event import Fields

MESSAGE_LIMIT: Final = 8192
"""Longer messages are not taken apart: a pattern's cost may grow with the square of the length."""


class Saying(NamedTuple):
    """One kind of message and the fields it always has."""

    openings: tuple[str, ...]
    """One of these begins it: cheaper to ask for than the pattern."""
    pattern: re.Pattern[str]
    fields: Mapping[str, str]


def service_fields(fields: Fields) -> Fields:
    """Return the further fields of a syslog message with ``program`` and ``message``; empty if unknown."""
    program = fields.get("program")
    message = fields.get("message")
    if not isinstance(program, str) or not isinstance(message, str) or len(message) > MESSAGE_LIMIT:
        return {}
    found: Fields = {}
    if message.startswith("message repeated ") and (repeated := _REPEATED.match(message)) is not None:
        found["repeated"] = int(repeated[1])
        message = repeated[2]
    if message.startswith("pam_"):
        found.update(_pam_fields(message))
    else:
        _add_said(message, _sayings_of(program), found)
    return found


@lru_cache(maxsize=256)
def _pam_fields(message: str) -> Mapping[str, str | int]:
    """Return the fields of what a module of PAM says: of many sessions, the same over and over."""
    found: Fields = {}
    module = _PAM_MODULE.match(message)
    if module is not None:
        _add_said(message[module.end() :], _PAM[module[1]], found)
    return found


@lru_cache(maxsize=256)
def _sayings_of(program: str) -> tuple[Saying, ...]:
    return _SAYINGS.get(program.partition("/")[0].lower(), ())


def _add_said(message: str, sayings: Iterable[Saying], found: Fields) -> None:
    """Add to *found* the fields of the first of *sayings* that *message* is."""
    for openings, pattern, constant in sayings:
        if not message.startswith(openings):
            continue
        match = pattern.match(message)
        if match is not None:
            found.update(constant)
            for name, value in match.groupdict().items():
                if value is not None:
                    found[name] = int(value) if name in _NUMBERS else value
            return


def _say(openings: str | tuple[str, ...], rest: str, action: str = "", outcome: str = "") -> Saying:
    """Return the saying of one of *openings*, as it is written, and the expression *rest*."""
    begins = (openings,) if isinstance(openings, str) else openings
    pattern = f"(?:{'|'.join(map(re.escape, begins))}){rest}"
    constant = {"action": action, "outcome": outcome}
    return Saying(
        begins, re.compile(pattern, re.DOTALL), {name: value for name, value in constant.items() if value}
    )


_NUMBERS: Final = frozenset({"src_port", "attempts", "size"})
_REPEATED = re.compile(r"message repeated (\d{1,9}) times: \[ ?(.*)\]$", re.DOTALL)
_USER = r"(?:invalid user |illegal user )?(?P<user>.*)"
_FROM = r" from (?P<src_ip>\S{1,64})(?: port (?P<src_port>\d{1,5}))?"
_PEER = r"[^\[\s]{0,255}\[(?P<src_ip>[^\]]{1,64})\](?::\d+)?"
_PAM_MODULE = re.compile(r"pam_\w+\([\w.-]+:(auth|session)\): ")
_PAM: Final[Mapping[str, tuple[Saying, ...]]] = {
    "auth": (
        _say(
            "authentication failure; ",
            r"logname=\S* uid=\d+ euid=\d+ tty=(?P<tty>\S+)? ruser=\S* rhost=(?P<src_ip>\S+)?"
            r"(?: +user=(?P<user>.*))?$",
            "pam_authentication",
            "failure",
        ),
    ),
    "session": (
        _say("session opened for user ", r"(?P<user>.*?)(?:\(uid=\d+\))? by ", "session_opened"),
        _say("session closed for user ", r"(?P<user>.*)$", "session_closed"),
    ),
}
_SSHD: Final = (
    _say("Failed ", rf"(?P<method>\S+) for {_USER}{_FROM}(?: ssh2?(?::.*)?)?$", "login", "failure"),
    _say(
        ("Disconnected from", "Connection closed by", "Connection reset by", "Received disconnect from"),
        r"(?: (?:invalid|authenticating) user (?P<user>.*))?"
        r" (?P<src_ip>\S{1,64}) port (?P<src_port>\d{1,5})\b",
        "disconnect",
    ),
    _say("Accepted ", rf"(?P<method>\S+) for {_USER}{_FROM}(?: ssh2?(?::.*)?)?$", "login", "success"),
    _say(("Invalid user ", "Illegal user "), rf"(?P<user>.*){_FROM}$", "invalid_user", "failure"),
    _say(
        "error: maximum authentication attempts exceeded for ",
        rf"{_USER}{_FROM}.*$",
        "too_many_attempts",
        "failure",
    ),
    _say("Did not receive identification string", _FROM, "no_identification", "failure"),
)
_SUDO_TAIL = (
    r"(?:TTY=(?P<TTY>[^;]*) ; )?PWD=(?P<PWD>.*?) ; USER=(?P<USER>[^;]*?) ;.*? ?COMMAND=(?P<COMMAND>.*)$"
)
_SUDO: Final = (
    _say(
        "",
        rf"\s*(?P<user>\S+) : (?P<reason>[^;=]+) ; {_SUDO_TAIL}",
        "sudo",
        "failure",
    ),
    _say(
        "",
        rf"\s*(?P<user>\S+) : {_SUDO_TAIL}",
        "sudo",
        "success",
    ),
)
_SU: Final = (
    _say("Successful su for ", r"(?P<USER>\S+) by (?P<user>\S+)", "su", "success"),
    _say("FAILED SU (to ", r"(?P<USER>[^)]*)\) (?P<user>\S+)", "su", "failure"),
    _say("FAILED su for ", r"(?P<USER>\S+) by (?P<user>\S+)", "su", "failure"),
    _say("(to ", r"(?P<USER>[^)]*)\) (?P<user>\S+) on ", "su", "success"),
)
_POSTFIX: Final = (
    _say(
        "warning: ",
        rf"{_PEER}: SASL (?P<method>\S+) authentication failed(?:: (?P<reason>.*?))?"
        r"(?:, sasl_username=(?P<user>.*))?$",
        "login",
        "failure",
    ),
    _say(
        "",
        rf"(?P<queue_id>\w+): client={_PEER}, sasl_method=(?P<method>[^,\s]+), sasl_username=(?P<user>.*)$",
        "login",
        "success",
    ),
    _say("", rf"(?P<queue_id>\w+): client={_PEER}", "accept"),
    _say(
        "",
        rf"(?P<queue_id>\w+): reject: (?P<command>\S+) from {_PEER}: (?P<reason>.*?)"
        r"(?:; from=<(?P<from>[^>]*)>)?(?: to=<(?P<to>[^>]*)>)?(?: proto=\S+)?(?: helo=<(?P<helo>[^>]*)>)?$",
        "reject",
        "failure",
    ),
    _say("", r"(?P<queue_id>\w+): from=<(?P<from>[^>]*)>, size=(?P<size>\d{1,15})", "queue"),
    _say(
        "",
        r"(?P<queue_id>\w+): to=<(?P<to>[^>]*)>,.*? relay=(?P<relay>[^,]+),.*? status=(?P<status>\w+)"
        r"(?: \((?P<reason>.*)\))?$",
        "deliver",
    ),
    _say("", r"(?P<queue_id>\w+): message-id=<?(?P<message_id>[^>]*)>?", "message"),
    _say("connect from ", _PEER, "connect"),
    _say("disconnect from ", _PEER, "disconnect"),
    _say("lost connection after ", rf"\S+ from {_PEER}", "disconnect"),
)
_DOVECOT_TAIL = r"user=<(?P<user>.*)>, method=(?P<method>[^,\s]+)?, rip=(?P<src_ip>[^,\s]+)"
_DOVECOT: Final = (
    _say("", rf"(?P<service>[\w-]+)-login: (?:Info: )?Login: {_DOVECOT_TAIL}", "login", "success"),
    _say(
        "",
        r"(?P<service>[\w-]+)-login: (?:Info: )?(?:Disconnected|Aborted login)[^(]*"
        rf"\((?P<reason>auth failed), (?P<attempts>\d{{1,9}}) attempts[^)]*\):? {_DOVECOT_TAIL}",
        "login",
        "failure",
    ),
    _say(
        "",
        rf"(?P<service>[\w-]+)-login: (?:Info: )?(?:Disconnected|Aborted login).*? {_DOVECOT_TAIL}",
        "disconnect",
    ),
)
_USERADD: Final = (_say("new user: name=", r"(?P<user>[^,]+)", "user_added", "success"),)
_SAYINGS: Final[Mapping[str, tuple[Saying, ...]]] = {
    "sshd": _SSHD,
    "sshd-session": _SSHD,
    "sudo": _SUDO,
    "su": _SU,
    "postfix": _POSTFIX,
    "dovecot": _DOVECOT,
    "useradd": _USERADD,
}
