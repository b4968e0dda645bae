"""Signals → episodes, the same in any order of arrival (CORRELATION.md in rules/README.md); pure."""
