"""A log source given on the command line: ``product=windows,category=process_creation``."""

from typing import Any

import click

from soc.model.event import LogSource

_KEYS = {"product", "category", "service"}


class LogSourceType(click.ParamType[LogSource]):
    """``product=…,category=…,service=…``, any of them."""

    name = "product=…,category=…,service=…"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> LogSource:
        """Return the log source that *value* names; ends the program if it names none."""
        if isinstance(value, LogSource):
            return value
        parts = dict(part.partition("=")[::2] for part in str(value).split(","))
        if not parts or set(parts) - _KEYS or not all(parts.values()):
            self.fail(f"{value!r}; accepted: {self.name}", param, ctx)
        return LogSource(**parts)
