"""Ports: what the stages need from the outside, as Protocols of at most five methods."""
