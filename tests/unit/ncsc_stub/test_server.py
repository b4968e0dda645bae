"""Who is let in at all."""

import ssl
from pathlib import Path

import pytest
from aiohttp import ClientError
from support.national import client_tls, national


async def test_nobody_is_let_in_without_a_certificate(tmp_path: Path) -> None:
    async with national(tmp_path) as ncsc:
        tls = client_tls(tmp_path, None)
        with pytest.raises(ClientError):
            await ncsc.session.get(ncsc.addresses.api + "/api/v1/messages", ssl=tls)


async def test_a_certificate_of_another_authority_is_not_let_in(tmp_path: Path) -> None:
    async with national(tmp_path / "other"):
        pass
    async with national(tmp_path / "own") as ncsc:
        tls = client_tls(tmp_path / "own", None)
        tls.load_cert_chain(tmp_path / "other" / "live.pem", tmp_path / "other" / "live.key")
        with pytest.raises(ClientError):
            await ncsc.session.get(ncsc.addresses.api + "/api/v1/messages", ssl=tls)


async def test_older_tls_is_not_spoken(tmp_path: Path) -> None:
    async with national(tmp_path) as ncsc:
        tls = client_tls(tmp_path, "live")
        tls.maximum_version = ssl.TLSVersion.TLSv1_2
        with pytest.raises(ClientError):
            await ncsc.session.get(ncsc.addresses.api + "/api/v1/messages", ssl=tls)


async def test_a_certificate_of_the_authority_that_names_no_province_is_refused(tmp_path: Path) -> None:
    async with national(tmp_path) as ncsc:
        (tmp_path / "nobody.pem").write_bytes((tmp_path / "ca.pem").read_bytes())
        (tmp_path / "nobody.key").write_bytes((tmp_path / "ca.key").read_bytes())
        answer = await ncsc.send("GET", "/api/v1/messages", side="nobody")
        assert (answer.status, answer.body["type"]) == (403, "urn:ncsc:problem:identity")
