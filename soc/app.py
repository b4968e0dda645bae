"""Composition root: settings → objects → one TaskGroup per role."""
