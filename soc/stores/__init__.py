"""Adapters of the storage ports: memory, embedded."""
