"""The JSON Schema of processing pipelines."""

from typing import Final

from soc.rulebook.changes import CHANGES
from soc.rulebook.criteria import FIELD_TESTS, ITEM_TESTS, RULE_TESTS
from soc.rulebook.schemas import NAMES, SCALAR, TEXT, Schema, with_dialect
from soc.rulebook.steps import MAX_STEPS


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
                "transformations": _STEPS,
                "allowed_backends": {"type": "array", "maxItems": 0},
                "postprocessing": {"type": "array", "maxItems": 0},
                "finalizers": {"type": "array", "maxItems": 0},
            },
            "$defs": {"step": _STEP},
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


TRANSFORMATIONS: Final = (*sorted(CHANGES), "nest")
_STEPS: Final[Schema] = {"type": "array", "maxItems": MAX_STEPS, "items": {"$ref": "#/$defs/step"}}
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
        "items": _STEPS,
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
