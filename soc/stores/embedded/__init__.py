"""The embedded event store: spool segments are the truth, tantivy indexes point into them."""

from soc.stores.embedded.store import EmbeddedEventStore

__all__ = ["EmbeddedEventStore"]
