"""Composition root: settings → objects → one TaskGroup; the only place where tasks start."""
