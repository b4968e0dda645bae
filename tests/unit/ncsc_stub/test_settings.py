"""Settings from a file, from flags, from both."""

from pathlib import Path

import pytest

from soc.ncsc_stub.settings import SettingsError, address, load

EXAMPLE = Path(__file__).resolve().parents[3] / "deploy" / "examples" / "ncsc_stub.toml"
FLAGS = {"data_dir": "d", "cert": "c", "key": "k", "client_ca": "a"}


def test_the_example_loads() -> None:
    assert load(EXAMPLE, {}).client_ca == "/etc/soc/ncsc_stub/ca.pem"


def test_flags_alone_are_enough_and_go_before_the_file() -> None:
    assert load(None, FLAGS).data_dir == "d"
    assert load(EXAMPLE, {"data_dir": "d"}).data_dir == "d"


def test_paths_in_the_file_start_at_its_folder(tmp_path: Path) -> None:
    path = tmp_path / "stub.toml"
    path.write_text('data_dir = "state"\ncert = "c.pem"\nkey = "/k.pem"\nclient_ca = "ca.pem"\n')
    settings = load(path, {})
    assert (settings.data_dir, settings.key) == (str(tmp_path / "state"), "/k.pem")


@pytest.mark.parametrize(
    "where", ["0.0.0.0:9480", "192.0.2.1:9480", "[::]:9480", "localhost:9480", "10.0.0.1:0", ":9480"]
)
def test_the_hand_behind_it_stays_on_this_machine(where: str) -> None:
    with pytest.raises(SettingsError):
        load(None, {**FLAGS, "admin": where})


@pytest.mark.parametrize(
    "text", ["nonsense = 1", "requests_per_minute = 0", "[", 'listen = "here"', "listen = 1", "\x00"]
)
def test_a_wrong_file_is_named(tmp_path: Path, text: str) -> None:
    path = tmp_path / "stub.toml"
    path.write_text(text)
    with pytest.raises(SettingsError, match=r"stub\.toml: "):
        load(path, FLAGS)


def test_what_is_missing_is_named() -> None:
    with pytest.raises(SettingsError, match="client_ca"):
        load(None, {name: value for name, value in FLAGS.items() if name != "client_ca"})


def test_an_address_is_host_and_port() -> None:
    assert address("[::1]:0") == ("::1", 0)
    for wrong in ("", "9443", "host:", "host:x", "host:65536", "host:-1"):
        with pytest.raises(SettingsError, match="expected host:port"):
            address(wrong)
