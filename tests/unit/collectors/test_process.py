"""The collector as a process: enrols, runs, is killed, stops; nothing lost, nothing twice."""

import asyncio
import signal
import socket
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import hashes
from support.agency import command, enrolled, settings, start
from support.gateway import URN, small_gateway


async def test_a_collector_ships_what_is_written_and_stops_in_order(tmp_path: Path) -> None:
    async with enrolled(tmp_path) as (gateway, config):
        lines = tmp_path / "lines.log"
        lines.write_text("one\ntwo\n")
        process = await start(config)
        await gateway.until(lambda: len(gateway.records) == 2)
        with lines.open("a") as file:
            file.write("three\nhalf")
        await gateway.until(lambda: len(gateway.records) == 3 and len(gateway.beats) > 0)
        process.send_signal(signal.SIGTERM)
        assert await process.wait() == 0
        status, said = await command("status", "--config", str(config))
    assert gateway.records == {1: "one", 2: "two", 3: "three"}
    assert gateway.peers == {URN}
    assert (status, "0 records; 3 were delivered" in said) == (0, True)


async def test_killing_the_collector_again_and_again_loses_and_repeats_nothing(tmp_path: Path) -> None:
    written: list[str] = []
    async with enrolled(tmp_path) as (gateway, config):
        lines = tmp_path / "lines.log"
        for round_ in range(5):
            process = await start(config)
            with lines.open("a") as file:
                for n in range(100):
                    file.write(f"line {round_}-{n}\n")
                    written.append(f"line {round_}-{n}")
            if round_ == 2:
                lines.rename(tmp_path / "lines.log.1")
            seen = len(written) - 100 + round_
            await gateway.until(lambda seen=seen: len(gateway.records) > seen)  # type: ignore[misc]
            process.kill()
            await process.wait()
        process = await start(config)
        await gateway.until(lambda: len(gateway.records) == len(written))
        process.send_signal(signal.SIGTERM)
        assert await process.wait() == 0
    assert sorted(gateway.records.values()) == sorted(written)
    assert sorted(gateway.records) == list(range(1, len(written) + 1))
    assert gateway.gaps == []


async def test_two_collectors_on_one_spool_are_refused_in_words(tmp_path: Path) -> None:
    async with enrolled(tmp_path) as (_, config):
        process = await start(config)
        status, said = await command("run", "--config", str(config))
        assert status == 1
        assert "in use by another process" in said.splitlines()[-1]
        process.send_signal(signal.SIGTERM)
        assert await process.wait() == 0


async def test_a_collector_enrols_by_fingerprint_and_only_once_unless_told(tmp_path: Path) -> None:
    async with small_gateway(tmp_path) as gateway:
        config = settings(tmp_path, gateway)
        sha256 = gateway.ca.certificate.fingerprint(hashes.SHA256()).hex(":")
        enrol = ("enrol", "--config", str(config), "--token", "token", "--fingerprint", sha256)
        assert (await command(*enrol))[0] == 0
        key = (tmp_path / "data" / "credential" / "key.pem").read_bytes()
        status, said = await command(*enrol)
        assert (status, "--again replaces it" in said) == (1, True)
        assert (tmp_path / "data" / "credential" / "key.pem").read_bytes() == key
        assert (await command(*enrol, "--again"))[0] == 0
        assert (tmp_path / "data" / "credential" / "key.pem").read_bytes() != key


async def test_running_without_a_credential_says_how_to_get_one(tmp_path: Path) -> None:
    async with small_gateway(tmp_path) as gateway:
        status, said = await command("run", "--config", str(settings(tmp_path, gateway)))
    assert status == 1
    assert "soc-collector enrol --help" in said


async def test_systemd_hears_when_everything_listens(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with enrolled(tmp_path) as (_, config):
        heard: asyncio.Queue[bytes] = asyncio.Queue()

        class Listener(asyncio.DatagramProtocol):
            def datagram_received(self, data: bytes, addr: object) -> None:  # noqa: ARG002
                heard.put_nowait(data)

        loop = asyncio.get_running_loop()
        channel = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        channel.bind(str(tmp_path / "notify"))
        transport, _ = await loop.create_datagram_endpoint(Listener, sock=channel)
        monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
        process = await start(config)
        assert await asyncio.wait_for(heard.get(), 5) == b"READY=1"
        assert await asyncio.wait_for(heard.get(), 5) == b"WATCHDOG=1"
        process.send_signal(signal.SIGTERM)
        assert await process.wait() == 0
        assert await asyncio.wait_for(heard.get(), 5) == b"STOPPING=1"
        transport.close()


async def test_check_says_what_each_source_finds(tmp_path: Path) -> None:
    async with small_gateway(tmp_path) as gateway:
        config = settings(tmp_path, gateway)
        (tmp_path / "lines.log").write_text("one\n")
        status, said = await command("check", "--config", str(config))
    assert (status, said) == (0, "file: 1 files match\nThe settings are good.\n")


async def test_faults_are_said_in_one_message(tmp_path: Path) -> None:
    config = tmp_path / "collector.toml"
    config.write_text("[collector]\ngateways = []\n")
    status, said = await command("check", "--config", str(config))
    assert status == 1
    assert [line.rpartition("toml: ")[2].split(":")[0] for line in said.splitlines()] == [
        "collector.data_dir",
        "collector.gateways",
        "source",
    ]
