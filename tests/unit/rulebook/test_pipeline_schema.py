"""The schema of pipelines knows the steps that the rulebook knows."""

import yaml
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]
from support.rulings import loaded, rule_text

from soc.rulebook.changes import CHANGES
from soc.rulebook.documents import RuleFile
from soc.rulebook.pipeline_schema import TRANSFORMATIONS, pipeline_schema

VALIDATOR = Draft202012Validator(pipeline_schema())
GOOD = """
name: names
priority: 10
vars: {admins: [root, an]}
transformations:
  - id: one
    type: field_name_mapping
    mapping: {Image: [process.executable, process.name], User: user.name}
    rule_conditions: [{type: logsource, product: windows}]
  - type: add_condition
    conditions: {Channel: Security}
    rule_conditions: {win: {type: logsource, product: windows}}
    rule_cond_expr: win
  - {type: value_placeholders, include: [admins]}
"""


def test_a_pipeline_that_loads_fits() -> None:
    Draft202012Validator.check_schema(pipeline_schema())
    assert list(VALIDATOR.iter_errors(yaml.safe_load(GOOD))) == []
    assert errors_of(GOOD) == ()


def test_every_step_of_the_schema_is_known_to_the_rulebook_and_no_other() -> None:
    for name in TRANSFORMATIONS:
        assert not any(
            "transformation" in error for error in errors_of(f"transformations: [{{type: {name}}}]")
        )
    (error,) = errors_of("transformations: [{type: unheard}]")
    assert all(name in error for name in TRANSFORMATIONS)
    assert error.count(",") == len(TRANSFORMATIONS) - 1


def test_what_is_wrong_is_marked() -> None:
    for text in (
        "transformations: [{type: case}]",
        "steps: []",
        "transformations: [{type: set_state, kye: x}]",
    ):
        assert list(VALIDATOR.iter_errors(yaml.safe_load(text))) != []


def errors_of(pipeline: str) -> tuple[str, ...]:
    rule = rule_text("{s: {Image: x}, condition: s}")
    return loaded(rule, pipelines=[RuleFile("pipelines/p.yml", pipeline)]).errors


def test_every_parameter_of_a_step_is_in_the_schema() -> None:
    properties = pipeline_schema()["$defs"]["step"]["properties"]
    assert {key for keys, _ in CHANGES.values() for key in keys} <= properties.keys()
    nested = "transformations: [{type: nest, items: [{type: nest, items: [{type: drop_detection_item}]}]}]"
    assert list(VALIDATOR.iter_errors(yaml.safe_load(nested))) == []
    assert list(VALIDATOR.iter_errors(yaml.safe_load(nested.replace("drop_", "dorp_")))) != []
