"""The schema of rules takes every rule that loads, and refuses what an author should see marked."""

import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]
from support.rulings import correlation_text, rule_text

from soc.rulebook.schemas import rule_schema

HOUSE = Path(__file__).parents[3] / "rules"
VALIDATOR = Draft202012Validator(rule_schema())
DETECTION = "{s: {a: x}, condition: s}"


def faults(text: str) -> list[str]:
    return [error.message for error in VALIDATOR.iter_errors(as_json(yaml.safe_load(text)))]


def as_json(value: Any) -> Any:
    """*value* as an editor sees it: YAML's dates are texts."""
    return json.loads(
        json.dumps(value, default=lambda day: day.isoformat() if isinstance(day, date) else day)
    )


def rules_in(folder: Path) -> Iterator[tuple[Path, Any]]:
    for path in sorted(folder.rglob("*.yml")):
        if "mappings" not in path.parts and "pipelines" not in path.parts:
            for document in yaml.load_all(path.read_text(encoding="utf-8"), yaml.CSafeLoader):
                yield path, as_json(document)


def test_the_schema_is_one() -> None:
    Draft202012Validator.check_schema(rule_schema())
    assert rule_schema()["$schema"] == "https://json-schema.org/draft/2020-12/schema"


def test_every_rule_of_the_house_fits() -> None:
    found = [
        f"{path.name}: {error.message}"
        for path, rule in rules_in(HOUSE)
        for error in VALIDATOR.iter_errors(rule)
    ]
    assert found == []


@pytest.mark.parametrize(
    "folder",
    ["rules", "rules-emerging-threats", "rules-threat-hunting", "rules-placeholder", "rules-compliance"],
)
def test_every_public_rule_fits(folder: str, corpora: Path) -> None:
    found = [
        f"{path.name}: {error.message}"
        for path, rule in rules_in(corpora / "sigma" / folder)
        for error in VALIDATOR.iter_errors(rule)
    ]
    assert found == []


@pytest.mark.parametrize(
    "text",
    [
        rule_text("{s: [word, {f|contains|all: [x, 5]}], t: {f: null}, condition: [s, t]}"),
        rule_text(
            "{s: {'|re': x, f|re|i: y}, condition: 1 of them}", custom={"group-by": ["h"], "timespan": "5m"}
        ),
        correlation_text(
            {"type": "temporal", "rules": ["a", "b"], "timespan": "1h", "condition": "a and not b"}
        ),
        correlation_text(
            {"type": "value_count", "rules": "a", "timespan": "1h", "condition": {"gte": 3, "field": "f"}}
        ),
        "title: F\nlogsource: {category: x}\nfilter: {rules: any, s: {f: x}, condition: not s}\n",
        "action: global\ntitle: G\n",
    ],
)
def test_what_sigma_allows_fits(text: str) -> None:
    assert faults(text) == []


@pytest.mark.parametrize(
    "text",
    [
        rule_text(DETECTION, level="loud"),
        rule_text(DETECTION, tags=["Attack T1110"]),
        rule_text(DETECTION, logsource={"prod": "x"}),
        rule_text(DETECTION, logsource={}),
        rule_text(DETECTION, custom={"group_by": ["h"]}),
        rule_text("{s: {a|holds: x}, condition: s}"),
        rule_text("{s: {a: {b: x}}, condition: s}"),
        rule_text("{s: {a: []}, condition: s}"),
        rule_text("{s: {}, condition: s}"),
        rule_text("{s: {a: x}}"),
        rule_text("{condition: s}"),
        rule_text("{s: {a: x}, timeframe: 5m, condition: s}"),
        "id: x\nlogsource: {product: x}\ndetection: {s: {a: x}, condition: s}\n",
        "title: x\nlogsource: {product: x}\n",
        "title: x\ndetection: {s: {a: x}, condition: s}\n",
        "title: F\nlogsource: {category: x}\nfilter: {s: {f: x}, condition: not s}\n",
        correlation_text({"type": "temporal", "rules": ["a"], "timespan": "soon"}),
        correlation_text({"type": "sometimes", "rules": ["a"], "timespan": "5m"}),
        correlation_text({"type": "temporal", "rules": ["a"], "timespan": "5m", "group_by": ["x"]}),
        correlation_text({"type": "event_count", "rules": ["a"], "timespan": "5m", "condition": {"ge": 3}}),
    ],
)
def test_what_is_wrong_is_marked(text: str) -> None:
    assert faults(text) != []
