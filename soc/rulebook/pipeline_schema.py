"""The JSON Schema of processing pipelines."""

from typing import Final

from soc.rulebook.criteria import FIELD_TESTS, ITEM_TESTS, RULE_TESTS
from soc.rulebook.schemas import NAMES, SCALAR, TEXT, Schema, with_dialect


def pipeline_schema() -> Schema:
    """Return the schema of a processing pipeline."""
    return with_dialect(
        "Processing pipeline",
        {
            "type": "object",
            "additionalProperties": False,
            "properties": {
                "name": TEXT,
                "priority": {"type": "integer", "description": "Lower works earlier."},
                "vars": {
                    "type": "object",
                    "description": "Values of placeholders: name → a text or a list.",
                    "additionalProperties": {
                        "anyOf": [TEXT, {"type": "number"}, {"type": "array", "minItems": 1}]
                    },
                },
                "transformations": {"type": "array", "maxItems": 1000, "items": _STEP},
                "allowed_backends": {"type": "array", "maxItems": 0},
                "postprocessing": {"type": "array", "maxItems": 0},
                "finalizers": {"type": "array", "maxItems": 0},
            },
        },
    )


def _guard(prefix: str, types: list[str]) -> dict[str, Schema]:
    one = {"type": "object", "required": ["type"], "properties": {"type": {"enum": types}}}
    return {
        f"{prefix}_conditions": {
            "anyOf": [{"type": "array", "items": one}, {"type": "object", "additionalProperties": one}]
        },
        f"{prefix}_cond_op": {"enum": ["and", "or"]},
        f"{prefix}_cond_not": {"type": "boolean"},
        f"{prefix}_cond_expr": TEXT,
    }


TRANSFORMATIONS: Final = (
    "add_condition",
    "change_logsource",
    "detection_item_failure",
    "drop_detection_item",
    "field_name_mapping",
    "field_name_prefix",
    "field_name_prefix_mapping",
    "field_name_suffix",
    "map_string",
    "replace_string",
    "rule_failure",
    "set_state",
    "set_value",
    "value_placeholders",
    "wildcard_placeholders",
)
_STEP: Final[Schema] = {
    "type": "object",
    "required": ["type"],
    "additionalProperties": False,
    "properties": {
        "id": TEXT,
        "type": {"enum": list(TRANSFORMATIONS)},
        **_guard("rule", sorted(RULE_TESTS)),
        **_guard("detection_item", sorted(ITEM_TESTS)),
        **_guard("field_name", sorted(FIELD_TESTS)),
        "mapping": {"type": "object", "additionalProperties": NAMES},
        "prefix": TEXT,
        "suffix": TEXT,
        "include": NAMES,
        "exclude": NAMES,
        "conditions": {"type": "object", "minProperties": 1},
        "name": TEXT,
        "template": {"type": "boolean"},
        "negated": {"type": "boolean"},
        "product": TEXT,
        "category": TEXT,
        "service": TEXT,
        "key": TEXT,
        "val": {},
        "regex": TEXT,
        "replacement": {"type": "string"},
        "skip_special": {"type": "boolean"},
        "interpret_special": {"type": "boolean"},
        "value": SCALAR,
        "force_type": {"enum": ["str", "num"]},
        "message": TEXT,
    },
}
