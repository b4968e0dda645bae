"""Correlation cases: compact YAML turned into plans, signals and the episodes worked out by hand.

A signal is ``[rule, time, fields, {agency, exercise, id, layer}]``; times are seconds or ISO texts,
ids ``s1``, ``s2``, … by default. An episode is ``[rule, group values, first, last, fires, count,
{agency, exercise, names, members}]``. Agency ``a1``, live, is meant where nothing is said.
"""

from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
import yaml

from soc.kernel.errors import Location
from soc.model.alert import Severity
from soc.model.episode import Key
from soc.model.identity import Layer
from soc.model.signal import Signal
from soc.rulebook.expressions import All, Any_, Expression, Name, Negated
from soc.rulebook.plan import CorrelationPlan, CorrelationType, Custom, Heading, Operator


class Expected(msgspec.Struct, frozen=True):
    """An episode worked out by hand."""

    key: Key
    first_at_ms: int
    last_at_ms: int
    fires_at_ms: int
    count: int
    members: tuple[str, ...] | None
    """Signal ids, where the case names them."""


class Case(msgspec.Struct, frozen=True):
    """What goes in and what must stand."""

    name: str
    zone: str
    plans: list[CorrelationPlan]
    signals: list[Signal]
    expected: list[Expected]


def cases_in(folder: Path) -> list[Case]:
    """Return every case of the YAML files of *folder*."""
    files = sorted(folder.glob("*.yaml"))
    return [_case(raw) for file in files for raw in yaml.safe_load(file.read_text("utf-8"))]


def plan_of(raw: dict[str, Any]) -> CorrelationPlan:
    """Return the plan of a case: ``event_count`` of rule ``a`` called ``p``, unless it says otherwise."""
    rule_id = raw.get("id", "p")
    implicit = raw.get("implicit", False)
    aliases = raw.get("aliases", {})
    return CorrelationPlan(
        heading=Heading(rule_id, rule_id, rule_id, Severity.HIGH, "", "", (), (), Location("case.yml"), ""),
        type=CorrelationType(raw.get("type", "event_count")),
        rules=tuple(raw.get("rules", [rule_id if implicit else "a"])),
        group_by=tuple(raw.get("by", ())),
        timespan_ms=_ms(raw["span"]),
        operators=tuple((op, Decimal(str(raw[op.value]))) for op in Operator if op.value in raw),
        expression=_expression(raw["expr"]) if "expr" in raw else None,
        fields=tuple(raw.get("field", ())),
        percentile=Decimal(str(raw["percentile"])) if "percentile" in raw else None,
        aliases=tuple((name, tuple(fields.items())) for name, fields in aliases.items()),
        custom=Custom(scope=raw.get("scope", "agency"), zone=raw.get("zone")),
        silent=raw.get("silent", False),
        implicit=implicit,
        version="1",
        implicit_entities=tuple(raw.get("entities", ())),
    )


def _case(raw: dict[str, Any]) -> Case:
    plans = [plan_of(plan) for plan in raw.get("plans", [raw.get("plan")])]
    return Case(
        name=raw["name"],
        zone=raw.get("zone", "UTC"),
        plans=plans,
        signals=[_signal(number, *row) for number, row in enumerate(raw["signals"], 1)],
        expected=[_expected({plan.id: plan for plan in plans}, *row) for row in raw["expected"]],
    )


def _signal(
    number: int, rule: str, at: Any, fields: dict[str, Any] | None = None, more: dict[str, Any] | None = None
) -> Signal:
    more = more or {}
    signal_id = more.get("id", f"s{number}")
    return Signal(
        id=signal_id,
        rule_id=rule,
        rule_version="1",
        agency=more.get("agency", "a1"),
        exercise=more.get("exercise"),
        source="case",
        layer=Layer(more.get("layer", 2)),
        at_ms=_ms(at),
        event_id=f"e-{signal_id}",
        event_day="2026-01-01",
        fields=fields or {},
    )


def _expected(plans: dict[str, CorrelationPlan], *row: Any) -> Expected:
    rule, values, first, last, fires, count, more = (*row, {})[:7]
    names = more.get("names", plans[rule].group_by)
    members = more.get("members")
    return Expected(
        key=Key(rule, more.get("agency", "a1"), more.get("exercise"), tuple(zip(names, values, strict=True))),
        first_at_ms=_ms(first),
        last_at_ms=_ms(last),
        fires_at_ms=_ms(fires),
        count=count,
        members=None if members is None else tuple(members),
    )


def _expression(raw: Any) -> Expression:
    if isinstance(raw, str):
        return Name(raw)
    ((word, inner),) = raw.items()
    if word == "not":
        return Negated(_expression(inner))
    parts = tuple(_expression(part) for part in inner)
    return All(parts) if word == "all" else Any_(parts)


def _ms(value: Any) -> int:
    if isinstance(value, str):
        return round(datetime.fromisoformat(value).timestamp() * 1000)
    milliseconds: int = round(value * 1000)
    return milliseconds
