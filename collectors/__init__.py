"""Collectors: run at agencies as services, read logs and ship them, losing nothing."""
