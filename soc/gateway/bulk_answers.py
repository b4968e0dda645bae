"""Answers of the ``_bulk`` look-alike: what other people's senders look for, in the bytes they look for.

Compact, ``errors`` just before ``items``, one key per item: Fluent Bit and Vector search for these very
characters. There is no item that failed: several senders would lose it.
"""

from collections.abc import Iterable
from typing import Any, Final

import msgspec

from soc.gateway.bulk_reading import Item
from soc.kernel.ids import digest

PRODUCT: Final = {"X-Elastic-Product": "Elasticsearch"}
"""Header of every answer: without it official clients call what was stored an error."""
CLUSTER: Final = "soc"
_CLUSTER_ID: Final = digest("cluster", CLUSTER)[:22]
_SHARDS: Final = {"total": 1, "successful": 1, "failed": 0}


def item_stored(item: Item) -> bytes:
    """Return the part of the answer that says that *item* is stored."""
    result = {
        "_index": item.index,
        "_id": item.id or digest(item.own_id)[:20],
        "_version": 1,
        "result": "created",
        "_shards": _SHARDS,
        "_seq_no": 0,
        "_primary_term": 1,
        "status": 201,
    }
    return _json({item.operation.value: result})


def all_stored(items: Iterable[bytes], took_ms: int) -> bytes:
    """Return the whole answer, from the parts that `item_stored` gave, or several of them with commas."""
    return b'{"took":%d,"errors":false,"items":[%b]}' % (took_ms, b",".join(items))


def asked_first(version: str) -> dict[str, bytes]:
    """Return, by path, what clients ask of a server (of *version*) before they send anything."""
    number = {
        "number": version,
        "build_flavor": "default",
        "build_type": "tar",
        "build_hash": "unknown",
        "build_date": "2025-01-01T00:00:00.000Z",
        "build_snapshot": False,
        "lucene_version": "10.2.2",
        "minimum_wire_compatibility_version": "8.19.0",
        "minimum_index_compatibility_version": "8.0.0",
    }
    who = {"name": CLUSTER, "cluster_name": CLUSTER, "cluster_uuid": _CLUSTER_ID}
    license_ = {"status": "active", "uid": _CLUSTER_ID, "type": "basic", "mode": "basic"}
    health = {"cluster_name": CLUSTER, "status": "green", "timed_out": False, "number_of_nodes": 1}
    return {
        "/": _json(who | {"version": number, "tagline": "You Know, for Search"}),
        "/_license": _json({"license": license_}),
        "/_cluster/health": _json(health),
        "/_cat/health": _json(health),
    }


def _json(value: dict[str, Any]) -> bytes:
    return msgspec.json.encode(value)
