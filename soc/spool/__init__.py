"""Append-only segment files that survive a power cut: codec, segment, journal."""
