"""What a configuration revision's signature covers: nobody can re-address, renumber or change it."""

from soc.model.identity import Origin, urn_of

MAX_BODY_BYTES = 64 << 10
"""Largest settings file a revision carries."""
SIGNATURE_BYTES = 64


def signed_bytes(origin: Origin, number: int, body: bytes) -> bytes:
    """Return the bytes that are signed for revision *number* (1 to 2**53) of *origin*'s settings *body*."""
    return b"\0".join((_PURPOSE, urn_of(origin).encode(), number.to_bytes(8, "big") + body))


_PURPOSE = b"soc configuration 1"
"""The key signs nothing else; whatever it may sign later begins otherwise."""
