import pytest

from collectors.sources.listening import listen_tcp, listen_udp
from soc.kernel.errors import ConfigError


@pytest.mark.parametrize("listen", [listen_tcp, listen_udp])
def test_an_address_in_use_is_said_in_words(listen: type) -> None:
    first = listen("127.0.0.1", 0)
    with pytest.raises(ConfigError, match="in use"):
        listen("127.0.0.1", first.getsockname()[1])
    first.close()


def test_an_address_that_does_not_exist_is_said_in_words() -> None:
    with pytest.raises(ConfigError, match=r"listen 192\.0\.2\.1:5514"):
        listen_tcp("192.0.2.1", 5514)
