"""A scenario: what is played, when, through which collector, and what must be detected."""

from pathlib import Path
from typing import Annotated, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from soc.kernel.errors import ConfigError, shortened


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Expectation(_Part):
    """A rule that must raise an alert within a time of the inject."""

    rule: str
    """Rule id."""
    within_s: float = Field(gt=0)


class LogInject(_Part):
    """Lines that reach the SOC through a collector, with their original spacing."""

    kind: Literal["log"]
    id: str
    at_s: float = Field(ge=0)
    """Seconds after the start."""
    source: str
    """``agency/collector/source`` as the stage set it up."""
    lines: list[str] = Field(min_length=1, max_length=10_000)
    """Templates: ``{syslog}``, ``{access}``, ``{iso}`` become the time of sending."""
    repeat: int = Field(default=1, ge=1, le=10_000)
    every_s: float = Field(default=0, ge=0)
    """Seconds between two lines."""
    expect: list[Expectation] = []


class WarningInject(_Part):
    """A warning that the national centre publishes."""

    kind: Literal["warning"]
    id: str
    at_s: float = Field(ge=0)
    title: str
    indicators: list[dict[str, str]] = Field(min_length=1)
    """``{type: ipv4-addr | domain-name | url, value: …}``."""
    expect: list[Expectation] = []


Inject = Annotated[LogInject | WarningInject, Field(discriminator="kind")]


class Scenario(_Part):
    """A scenario file."""

    version: Literal[1]
    id: str
    title: str
    objectives: list[str] = Field(min_length=1)
    injects: list[Inject] = Field(min_length=1, max_length=1000)


def load_scenario(path: Path) -> Scenario:
    """Return the scenario in *path*.

    Raises:
        ConfigError: every fault at once, each with its key.
    """
    try:
        raw = yaml.load(path.read_text(encoding="utf-8"), yaml.CSafeLoader)
        return Scenario.model_validate(raw)
    except (OSError, yaml.YAMLError) as error:
        raise ConfigError(f"{path}: {error}") from error
    except ValidationError as error:
        faults = (
            f"{path}: {'.'.join(map(str, f['loc']))}: {f['msg']}; got {shortened(f['input'])}"
            for f in error.errors()
        )
        raise ConfigError("\n".join(faults)) from error
