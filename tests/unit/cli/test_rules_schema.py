"""``soc rules schema`` prints what an editor reads."""

import json
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]

from soc.cli.rules import rules
from soc.cli.rules_given import house_rules


def schema(kind: str) -> Draft202012Validator:
    result = CliRunner().invoke(rules, ["schema", kind])
    assert result.exit_code == 0
    found = json.loads(result.output)
    Draft202012Validator.check_schema(found)
    assert found["$schema"].endswith("2020-12/schema")
    return Draft202012Validator(found)


@pytest.mark.parametrize("kind", ["rule", "case", "pipeline", "overrides"])
def test_each_kind_is_a_schema(kind: str) -> None:
    assert list(schema(kind).iter_errors("no mapping")) != []


def test_cases_of_the_house_fit() -> None:
    cases = schema("case")
    files: list[Path] = sorted(house_rules().rglob("*.cases.yaml"))
    assert files
    for path in files:
        assert list(cases.iter_errors(yaml.safe_load(path.read_text(encoding="utf-8")))) == []
    assert list(cases.iter_errors({"match": [{"rwa": "x"}]})) != []


def test_an_override_says_why() -> None:
    overrides = schema("overrides")
    assert list(overrides.iter_errors({"overrides": [{"rule": "a", "level": "low", "reason": "x"}]})) == []
    assert list(overrides.iter_errors({"overrides": [{"rule": "a", "level": "low"}]})) != []
