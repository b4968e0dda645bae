"""The operators' socket: tokens, links, accounts, keys and revocations, each with the asker's name."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from cryptography import x509
from support.controlling import CREDENTIALS, KEYS, ORIGIN, SITE, Socket, controlling

from collectors.enrol import new_key
from soc.kernel.errors import AuthError
from soc.model.heartbeat import ConfigurationState, Fate, Heartbeat
from soc.model.identity import Origin


@pytest.fixture
async def socket(tmp_path: Path) -> AsyncIterator[Socket]:
    async with controlling(tmp_path) as found:
        yield found


def a_beat(configuration: ConfigurationState | None = None) -> Heartbeat:
    return Heartbeat(ORIGIN, "b", 0, 0, 1, 1, (), 0, "0.1", "s", configuration=configuration)


async def test_a_token_is_a_fact_with_the_askers_name_and_without_the_token(socket: Socket) -> None:
    token = (await socket.told("enrol-token", SITE))["token"]
    (fact,) = await socket.facts()
    assert (fact.type, fact.agency, fact.actor.startswith("user:")) == ("EnrolTokenIssued", "so-y-te", True)
    assert token not in str(fact)


async def test_tokens_for_many_sites_are_all_different(socket: Socket) -> None:
    sites: list[object] = [{"agency": "so-y-te", "collector": f"c{n}"} for n in range(823)]
    tokens = (await socket.told("enrol-tokens", {"sites": sites}))["tokens"]
    assert (len(set(tokens)), len(await socket.facts())) == (823, 823)


async def test_one_unknown_agency_means_no_token_at_all(socket: Socket) -> None:
    sites: list[object] = [SITE, {"agency": "khac", "collector": "c1"}]
    status, text = await socket.say("enrol-tokens", {"sites": sites})
    assert (status, "khac" in text, await socket.facts()) == (422, True, [])


@pytest.mark.parametrize(
    ("verb", "body", "said"),
    [
        ("enrol-token", {"agency": "khac", "collector": "c1"}, "so-y-te"),
        ("enrol-token", {"agency": "so-y-te"}, "collector"),
        ("enrol-token", {"agency": "so-y-te", "collector": "c1", "extra": 1}, "extra"),
        ("enrol-token", {"agency": "so-y-te", "collector": "c1:live"}, "collector"),
        ("enrol-tokens", {"sites": []}, "sites"),
        ("revoke", {"serial": "AB", "why": "lost"}, "AB"),
        ("revoke-key", {"key_id": "AB", "why": "lost"}, "AB"),
        ("api-key", {"agency": "khac", "collector": "c1"}, "so-y-te"),
        ("api-key", {"agency": "so-y-te", "collector": "c1", "days": 5000}, "days"),
        ("certificate", {"agency": "so-y-te", "collector": "c1", "csr_pem": "x"}, "signing request"),
        ("configure", {"agency": "so-y-te", "body": "a = 1"}, "enrolled"),
        ("collectors?days=93", None, "92"),
        ("collectors?days=-1", None, "92"),
    ],
)
async def test_what_cannot_be_done_is_said(
    socket: Socket, verb: str, body: dict[str, object] | None, said: str
) -> None:
    status, text = await socket.say(verb, body)
    assert (status, said in text) == (422, True), text


async def test_a_link_signs_in_and_a_password_is_set(socket: Socket) -> None:
    link = await socket.told("sign-in", {"name": "an", "role": "lead"})
    assert "http://127.0.0.1:1/sign-in/once#" in link["url"]
    await socket.told("password", {"name": "an", "role": "lead", "password": "dài và khó đoán"})


async def test_revoking_a_certificate_ends_those_renewed_from_it(socket: Socket) -> None:
    serial = await socket.enrolled()
    assert (await socket.told("revoke", {"serial": f"0{serial.lower()}", "why": "stolen"}))["revoked"] == [
        "AB",
        "CD",
    ]
    with pytest.raises(AuthError, match="revoked"):
        socket.recorder.state(CREDENTIALS).check("CD", ORIGIN)


async def test_a_collector_is_shown_with_its_days_and_its_certificate(socket: Socket) -> None:
    await socket.enrolled()
    socket.fleet.heartbeat(a_beat())
    (row,) = await socket.told("collectors?days=7")
    assert (row["serial"], len(row["days"]), row["revision"], row["drifted"]) == ("CD", 1, 0, False)
    assert (await socket.told("collectors"))[0]["days"] == []


async def test_settings_are_sent_to_those_enrolled_and_drift_is_shown(socket: Socket) -> None:
    await socket.enrolled()
    body: dict[str, object] = {"agency": "so-y-te", "body": "a = 1"}
    assert await socket.told("configure", body) == {"sent": [{"collector": "c1", "number": 1}], "same": 0}
    assert await socket.told("configure", body) == {"sent": [], "same": 1}
    socket.fleet.heartbeat(a_beat(ConfigurationState(1, Fate.APPLIED, "other")))
    (row,) = await socket.told("collectors")
    assert (row["revision"], row["drifted"], row["configuration"]["fate"]) == (1, True, "applied")
    status, text = await socket.say("configure", {**body, "body": "a = "})
    assert (status, "settings" in text) == (422, True)


async def test_an_api_key_speaks_for_its_sender_until_it_is_revoked(socket: Socket) -> None:
    key = await socket.told("api-key", {"agency": "so-y-te", "collector": "filebeat"})
    keys, now_ms = socket.recorder.state(KEYS), socket.clock.now_ms()
    assert keys.check(key["id"], key["secret"], now_ms) == Origin("so-y-te", "filebeat")
    assert key["secret"] not in str(await socket.facts())
    await socket.told("revoke-key", {"key_id": key["id"], "why": "leaked"})
    with pytest.raises(AuthError, match="revoked"):
        keys.check(key["id"], key["secret"], now_ms)


async def test_a_foreign_program_gets_a_certificate_for_its_own_key(socket: Socket) -> None:
    asked: dict[str, object] = {"agency": "so-y-te", "collector": "rsyslog", "csr_pem": new_key()[1]}
    pem = (await socket.told("certificate", asked))["certificate"]
    serial = f"{x509.load_pem_x509_certificate(pem.encode()).serial_number:X}"
    socket.recorder.state(CREDENTIALS).check(serial, Origin("so-y-te", "rsyslog"))
