from typing import Any

import pytest

from soc.parsing.services import MESSAGE_LIMIT, service_fields

LOGIN = {"action": "login", "outcome": "failure"}
PAM = "pam_unix(login:auth): authentication failure;"
TRIED = "imap-login: Disconnected: Connection closed (auth failed, 3 attempts in 9 secs):"


@pytest.mark.parametrize(
    ("program", "message", "expected"),
    [
        (
            "sshd",
            "Failed password for invalid user admin from 203.0.113.9 port 4711 ssh2",
            LOGIN | {"method": "password", "user": "admin", "src_ip": "203.0.113.9", "src_port": 4711},
        ),
        (
            "sshd",
            "Accepted publickey for bob from 2001:db8::1 port 22 ssh2: ED25519 SHA256:abc",
            {
                "action": "login",
                "outcome": "success",
                "method": "publickey",
                "user": "bob",
                "src_ip": "2001:db8::1",
                "src_port": 22,
            },
        ),
        (
            "sshd-session",
            "Invalid user oracle from 203.0.113.9",
            {"action": "invalid_user", "outcome": "failure", "user": "oracle", "src_ip": "203.0.113.9"},
        ),
        (
            "sshd",
            "Connection closed by authenticating user root 203.0.113.9 port 1 [preauth]",
            {"action": "disconnect", "user": "root", "src_ip": "203.0.113.9", "src_port": 1},
        ),
        (
            "sshd",
            "message repeated 3 times: [ Failed password for root from 203.0.113.9 port 1 ssh2]",
            LOGIN
            | {"repeated": 3, "method": "password", "user": "root", "src_ip": "203.0.113.9", "src_port": 1},
        ),
        (
            "login",
            f"{PAM} logname= uid=0 euid=0 tty=tty1 ruser= rhost=h  user=a",
            {
                "action": "pam_authentication",
                "outcome": "failure",
                "tty": "tty1",
                "src_ip": "h",
                "user": "a",
            },
        ),
        (
            "sudo",
            "  bob : TTY=pts/0 ; PWD=/home/bob ; USER=#-1 ; COMMAND=/bin/sh -c id",
            {
                "action": "sudo",
                "outcome": "success",
                "user": "bob",
                "TTY": "pts/0",
                "PWD": "/home/bob",
                "USER": "#-1",
                "COMMAND": "/bin/sh -c id",
            },
        ),
        (
            "sudo",
            "bob : user NOT in sudoers ; TTY=pts/0 ; PWD=/ ; USER=root ; COMMAND=/bin/sh",
            {
                "action": "sudo",
                "outcome": "failure",
                "user": "bob",
                "reason": "user NOT in sudoers",
                "TTY": "pts/0",
                "PWD": "/",
                "USER": "root",
                "COMMAND": "/bin/sh",
            },
        ),
        (
            "su",
            "FAILED SU (to root) bob on pts/0",
            {"action": "su", "outcome": "failure", "USER": "root", "user": "bob"},
        ),
        (
            "postfix/smtpd",
            "warning: unknown[203.0.113.9]: SASL LOGIN authentication failed: bad, sasl_username=bob@x.vn",
            LOGIN | {"src_ip": "203.0.113.9", "method": "LOGIN", "reason": "bad", "user": "bob@x.vn"},
        ),
        (
            "postfix/submission/smtpd",
            "4F1: client=h[203.0.113.9]:1, sasl_method=PLAIN, sasl_username=bob",
            {
                "action": "login",
                "outcome": "success",
                "queue_id": "4F1",
                "src_ip": "203.0.113.9",
                "method": "PLAIN",
                "user": "bob",
            },
        ),
        (
            "postfix/qmgr",
            "4F1: from=<a@b>, size=1234, nrcpt=1 (queue active)",
            {"action": "queue", "queue_id": "4F1", "from": "a@b", "size": 1234},
        ),
        (
            "dovecot",
            f"{TRIED} user=<bob>, method=PLAIN, rip=203.0.113.9, lip=10.0.0.1",
            LOGIN
            | {
                "service": "imap",
                "reason": "auth failed",
                "attempts": 3,
                "user": "bob",
                "method": "PLAIN",
                "src_ip": "203.0.113.9",
            },
        ),
        (
            "sshd",
            "Failed password for invalid user  from 203.0.113.9 port 1 ssh2",
            LOGIN | {"method": "password", "user": "", "src_ip": "203.0.113.9", "src_port": 1},
        ),
        (
            "su",
            f"{PAM} logname= uid=0 euid=0 tty= ruser=bob rhost=",
            {"action": "pam_authentication", "outcome": "failure"},
        ),
        (
            "postfix/smtpd",
            "lost connection after AUTH from unknown[203.0.113.9]:1",
            {"action": "disconnect", "src_ip": "203.0.113.9"},
        ),
        (
            "postfix/smtpd",
            "disconnect from h[203.0.113.9]",
            {"action": "disconnect", "src_ip": "203.0.113.9"},
        ),
        (
            "sshd",
            "Illegal user a from 203.0.113.9",
            {"action": "invalid_user", "outcome": "failure", "user": "a", "src_ip": "203.0.113.9"},
        ),
        (
            "cron",
            "message repeated 2 times: [ pam_unix(cron:session): session closed for user root]",
            {"repeated": 2, "action": "session_closed", "user": "root"},
        ),
        (
            "sudo",
            "pam_unix(sudo:session): session opened for user root(uid=0) by bob(uid=1)",
            {"action": "session_opened", "user": "root"},
        ),
        ("sshd", "pam_unix(sshd:auth): check pass; user unknown", {}),
        ("sshd", "pam_unix(sshd:auth): session closed for user root", {}),
        ("sshd", "pam_of its own", {}),
        ("dovecot", "master: Warning: something else", {}),
        ("unheard-of", "Failed password for bob from 203.0.113.9 port 1 ssh2", {}),
    ],
)
def test_what_programs_say_becomes_fields(program: str, message: str, expected: dict[str, Any]) -> None:
    assert service_fields({"program": program, "message": message}) == expected


def test_what_is_made_of_one_message_is_not_seen_in_the_next() -> None:
    fields = {"program": "su", "message": "pam_unix(su:session): session closed for user bob"}
    service_fields(fields)["user"] = "eve"
    assert service_fields(fields) == {"action": "session_closed", "user": "bob"}


@pytest.mark.parametrize("name", ["x from 10.0.0.1 port 22 ssh2", "x from 10.0.0.1 port 22 ssh2: y"])
def test_a_user_name_cannot_forge_an_address(name: str) -> None:
    message = f"Failed password for invalid user {name} from 203.0.113.9 port 5 ssh2"
    fields = service_fields({"program": "sshd", "message": message})
    assert (fields["user"], fields["src_ip"]) == (name, "203.0.113.9")


def test_an_over_long_message_is_left_whole() -> None:
    message = "Failed password for " + "a" * MESSAGE_LIMIT + " from 203.0.113.9 port 5 ssh2"
    assert service_fields({"program": "sshd", "message": message}) == {}
