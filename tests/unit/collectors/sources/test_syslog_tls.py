"""Syslog inside TLS: with real handshakes, good and bad."""

import asyncio
import ssl
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from support.pki import CertificateAuthority, Issued, issue, make_ca
from support.sending import received, running, send

from collectors.reading import Stamp
from collectors.sources.listening import listen_tcp
from collectors.sources.syslog_tcp import SyslogTcp
from collectors.sources.syslog_tls import server_tls
from soc.kernel.clock import ManualClock
from soc.kernel.errors import ConfigError

STAMP = Stamp("net", "syslog", "UTC", ManualClock(datetime(2026, 11, 24, tzinfo=UTC)))


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> CertificateAuthority:
    return make_ca(tmp_path_factory.mktemp("pki"))


@pytest.fixture(scope="module")
def server(authority: CertificateAuthority) -> Issued:
    return issue(authority, "127.0.0.1")


def client(authority: CertificateAuthority, own: Issued | None = None) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=authority.path)
    if own is not None:
        context.load_cert_chain(own.certificate, own.key)
    return context


async def test_messages_come_through_tls_framed_as_ever(
    authority: CertificateAuthority, server: Issued
) -> None:
    listener = listen_tcp("127.0.0.1", 0)
    tls = server_tls(str(server.certificate), str(server.key))
    async with running(SyslogTcp(listener, STAMP, tls=tls)) as out:
        await send(listener, b"<1>li", b"ne\n7 <2>a\nbc", b"<3>rest", tls=client(authority))
        records = await received(out, 3)
    assert [(record.raw, record.split) for record in records] == [
        (b"<1>line", False),
        (b"<2>a\nbc", False),
        (b"<3>rest", True),
    ]


async def test_many_messages_through_a_full_channel_all_come(
    authority: CertificateAuthority, server: Issued
) -> None:
    listener = listen_tcp("127.0.0.1", 0)
    tls = server_tls(str(server.certificate), str(server.key))
    lines = [f"<1>line {n} {'x' * 200}".encode() for n in range(5_000)]
    async with (
        running(SyslogTcp(listener, STAMP, tls=tls), capacity=1) as out,
        asyncio.TaskGroup() as tasks,
    ):
        tasks.create_task(send(listener, b"\n".join(lines) + b"\n", tls=client(authority)))
        records = await received(out, len(lines))
    assert [record.raw for record in records] == lines


async def test_only_devices_with_a_certificate_of_the_given_authority_are_heard(
    authority: CertificateAuthority, server: Issued, tmp_path: Path
) -> None:
    listener = listen_tcp("127.0.0.1", 0)
    tls = server_tls(str(server.certificate), str(server.key), str(authority.path))
    stranger = issue(make_ca(tmp_path / "other"), "device.example")
    expired = issue(authority, "expired.example", life=timedelta(hours=-1))
    async with running(SyslogTcp(listener, STAMP, tls=tls)) as out:
        for context in (client(authority), client(authority, stranger), client(authority, expired)):
            reader, writer = await asyncio.open_connection(*listener.getsockname(), ssl=context)
            with suppress(OSError):
                writer.write(b"<1>stranger\n")
                assert await reader.read() == b""
            writer.close()
        known = issue(authority, "device.example")
        await send(listener, b"<1>known\n", tls=client(authority, known))
        assert [record.raw for record in await received(out, 1)] == [b"<1>known"]


async def test_plain_text_and_silence_at_the_tls_port_stop_nobody(
    authority: CertificateAuthority, server: Issued
) -> None:
    listener = listen_tcp("127.0.0.1", 0)
    tls = server_tls(str(server.certificate), str(server.key))
    async with running(SyslogTcp(listener, STAMP, tls=tls)) as out:
        _, silent = await asyncio.open_connection(*listener.getsockname())
        reader, plain = await asyncio.open_connection(*listener.getsockname())
        plain.write(b"<1>no secret\n")
        async with asyncio.timeout(5):
            await reader.read()
        await send(listener, b"<1>heard\n", tls=client(authority))
        assert [record.raw for record in await received(out, 1)] == [b"<1>heard"]
        silent.close()
        plain.close()


def test_old_versions_of_tls_are_not_spoken(server: Issued) -> None:
    assert server_tls(str(server.certificate), str(server.key)).minimum_version == ssl.TLSVersion.TLSv1_2


def test_a_missing_file_is_named(server: Issued, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"certificate .*none\.pem .*No such file"):
        server_tls(str(tmp_path / "none.pem"), str(server.key))
    with pytest.raises(ConfigError, match=r"client_ca .*none\.pem: No such file"):
        server_tls(str(server.certificate), str(server.key), str(tmp_path / "none.pem"))


def test_a_key_under_a_password_is_refused_and_nobody_is_asked(server: Issued, tmp_path: Path) -> None:
    key = serialization.load_pem_private_key(server.key.read_bytes(), None)
    locked = tmp_path / "locked.key"
    locked.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.BestAvailableEncryption(b"secret"),
        )
    )
    with pytest.raises(ConfigError, match="without a password"):
        server_tls(str(server.certificate), str(locked))


def test_a_file_that_is_no_certificate_is_refused_without_its_content(server: Issued, tmp_path: Path) -> None:
    other = tmp_path / "notes.pem"
    other.write_text("the password is hunter2")
    with pytest.raises(ConfigError, match="not usable as PEM") as refusal:
        server_tls(str(other), str(server.key))
    assert "hunter2" not in str(refusal.value)
