import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest
from argon2 import PasswordHasher

from soc.kernel.errors import AuthError
from soc.ports.accounts import Person
from soc.stores.sqlite_accounts import LOCK_MS, MAX_PASSWORD, ONE_TIME_MS, SESSION_MS, SqliteAccounts

LAN = Person("lan", "analyst")
NOW = 1_767_225_600_000
QUICK = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)


@pytest.fixture
def accounts(tmp_path: Path) -> Iterator[SqliteAccounts]:
    opened = SqliteAccounts.open(tmp_path / "accounts.db", QUICK)
    yield opened
    opened.close()


async def test_the_right_password_signs_in(accounts: SqliteAccounts) -> None:
    await accounts.set_password(LAN, "đúng rồi")
    session = await accounts.sign_in("lan", "đúng rồi", NOW)
    assert session is not None
    assert session.person == LAN
    assert session.expires_at_ms == NOW + SESSION_MS
    assert session.csrf != session.id
    assert await accounts.session(session.id, NOW) == session


@pytest.mark.parametrize(
    ("name", "password"),
    [
        ("lan", "wrong"),
        ("minh", "right"),
        ("lan", ""),
        ("lan", "x" * 10_000),
        ("\ud800", "right"),
        ("lan", "\ud800"),
    ],
)
async def test_anything_else_does_not(accounts: SqliteAccounts, name: str, password: str) -> None:
    await accounts.set_password(LAN, "right")
    assert await accounts.sign_in(name, password, NOW) is None


async def test_a_password_that_only_begins_right_is_wrong(accounts: SqliteAccounts) -> None:
    await accounts.set_password(LAN, "p" * MAX_PASSWORD)
    assert await accounts.sign_in("lan", "p" * (MAX_PASSWORD + 1), NOW) is None
    assert await accounts.sign_in("lan", "p" * MAX_PASSWORD, NOW) is not None


@pytest.mark.parametrize("password", ["", "x" * (MAX_PASSWORD + 1)])
async def test_an_unusable_password_is_refused_without_showing_it(
    accounts: SqliteAccounts, password: str
) -> None:
    with pytest.raises(AuthError, match="1 to 256 characters") as refused:
        await accounts.set_password(LAN, password)
    assert "xx" not in str(refused.value)


async def test_five_failures_lock_for_fifteen_minutes(accounts: SqliteAccounts) -> None:
    await accounts.set_password(LAN, "right")
    for _ in range(5):
        assert await accounts.sign_in("lan", "wrong", NOW) is None
    assert await accounts.sign_in("lan", "right", NOW + LOCK_MS - 1) is None
    assert await accounts.sign_in("lan", "right", NOW + LOCK_MS) is not None


async def test_a_success_forgets_the_failures(accounts: SqliteAccounts) -> None:
    await accounts.set_password(LAN, "right")
    for _ in range(3):
        for _ in range(4):
            await accounts.sign_in("lan", "wrong", NOW)
        assert await accounts.sign_in("lan", "right", NOW) is not None


async def test_after_a_lock_the_count_begins_anew(accounts: SqliteAccounts) -> None:
    await accounts.set_password(LAN, "right")
    for _ in range(5):
        await accounts.sign_in("lan", "wrong", NOW)
    assert await accounts.sign_in("lan", "wrong", NOW + LOCK_MS) is None
    assert await accounts.sign_in("lan", "right", NOW + LOCK_MS) is not None


async def test_guesses_at_the_same_time_do_not_slip_past_the_lock(accounts: SqliteAccounts) -> None:
    await accounts.set_password(LAN, "right")
    async with asyncio.TaskGroup() as group:
        for i in range(20):
            group.create_task(accounts.sign_in("lan", f"guess {i}", NOW))
    assert await accounts.sign_in("lan", "right", NOW) is None


async def test_a_new_password_ends_what_the_old_one_opened(accounts: SqliteAccounts) -> None:
    await accounts.set_password(LAN, "old")
    session = await accounts.sign_in("lan", "old", NOW)
    token = await accounts.one_time(LAN, NOW)
    await accounts.set_password(Person("lan", "viewer"), "new")
    assert session is not None
    assert await accounts.session(session.id, NOW) is None
    assert await accounts.redeem(token, NOW) is None
    assert await accounts.sign_in("lan", "old", NOW) is None
    renewed = await accounts.sign_in("lan", "new", NOW)
    assert renewed is not None
    assert renewed.person.role == "viewer"


async def test_a_one_time_token_signs_in_once(accounts: SqliteAccounts) -> None:
    guest = Person("guest", "agency", agency="so-yte")
    token = await accounts.one_time(guest, NOW)
    session = await accounts.redeem(token, NOW + ONE_TIME_MS - 1)
    assert session is not None
    assert session.person == guest
    assert await accounts.redeem(token, NOW) is None


async def test_a_one_time_token_ends_after_ten_minutes(accounts: SqliteAccounts) -> None:
    token = await accounts.one_time(LAN, NOW)
    assert await accounts.redeem(token, NOW + ONE_TIME_MS) is None
    assert await accounts.redeem("no such token", NOW) is None


async def test_a_session_ends_by_time_and_by_sign_out(accounts: SqliteAccounts) -> None:
    first = await accounts.redeem(await accounts.one_time(LAN, NOW), NOW)
    second = await accounts.redeem(await accounts.one_time(LAN, NOW), NOW)
    assert first is not None
    assert second is not None
    assert await accounts.session(first.id, first.expires_at_ms) is None
    assert await accounts.session(second.id, NOW, revoke=True) == second
    assert await accounts.session(second.id, NOW) is None
    assert await accounts.session(first.id, NOW) == first
    assert await accounts.session("\ud800", NOW) is None


async def test_the_files_hold_no_secret_as_it_is(accounts: SqliteAccounts, tmp_path: Path) -> None:
    await accounts.set_password(LAN, "right password")
    token = await accounts.one_time(LAN, NOW)
    session = await accounts.sign_in("lan", "right password", NOW)
    assert session is not None
    for file in tmp_path.iterdir():  # noqa: ASYNC240 - a test's own folder
        data = file.read_bytes()
        for secret in ("right password", token, session.id):
            assert secret.encode() not in data


async def test_people_and_sessions_survive_a_restart(accounts: SqliteAccounts, tmp_path: Path) -> None:
    await accounts.set_password(LAN, "right")
    session = await accounts.sign_in("lan", "right", NOW)
    again = SqliteAccounts.open(tmp_path / "accounts.db", QUICK)
    assert session is not None
    assert await again.session(session.id, NOW) == session
    again.close()


async def test_a_double_lives_in_memory() -> None:
    accounts = SqliteAccounts.open(":memory:", QUICK)
    await accounts.set_password(LAN, "right")
    assert await accounts.sign_in("lan", "right", NOW) is not None
    accounts.close()
