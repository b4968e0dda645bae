"""TLS for devices that send syslog: the collector's certificate, and whose certificates it takes."""

import ssl

from soc.kernel.errors import ConfigError


def server_tls(certificate: str, key: str, client_ca: str = "") -> ssl.SSLContext:
    """Return TLS 1.2 or newer with the chain in *certificate*; with *client_ca*, only for its clients.

    Raises:
        ConfigError: a file is missing or holds something else; which one, never what is in it.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        context.load_cert_chain(certificate, key, password=_no_password)
    except (OSError, ValueError) as error:
        raise ConfigError(f"certificate {certificate} with key {key}: {_said(error)}") from error
    if client_ca:
        try:
            context.load_verify_locations(client_ca)
        except OSError as error:
            raise ConfigError(f"client_ca {client_ca}: {_said(error)}") from error
        context.verify_mode = ssl.CERT_REQUIRED
    return context


def _no_password() -> str:
    """Answer for a person who is not there: a key under a password is refused, not asked about."""
    return ""


def _said(error: Exception) -> str:
    if isinstance(error, ssl.SSLError):
        return f"not usable as PEM without a password ({error.reason or 'unknown'})"
    return getattr(error, "strerror", None) or str(error)
