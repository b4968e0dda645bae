"""The JSON Schema (2020-12) of rules, so that an editor completes them and marks what is wrong."""

from collections.abc import Mapping
from typing import Any, Final

from soc.model.alert import Severity
from soc.rulebook.modifiers import KINDS
from soc.rulebook.plan import CorrelationType, Operator

DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"
Schema = Mapping[str, Any]

TEXT: Final[Schema] = {"type": "string", "minLength": 1}
NAMES: Final[Schema] = {"anyOf": [TEXT, {"type": "array", "items": TEXT, "minItems": 1}]}
SCALAR: Final[Schema] = {"type": ["string", "number", "boolean", "null"]}
_DAY: Final[Schema] = {"type": "string", "pattern": "^[0-9]{4}[-/][0-9]{2}[-/][0-9]{2}$"}
_SPAN: Final[Schema] = {
    "type": "string",
    "pattern": "^[1-9][0-9]{0,9}[smhdw]$",
    "description": "A positive whole number with s, m, h, d or w: 5m.",
}


def with_dialect(title: str, schema: Schema) -> Schema:
    """Return *schema* as a document of its own."""
    return {"$schema": DIALECT, **schema, "title": title}


def rule_schema() -> Schema:
    """Return the schema of a rule, a correlation or a filter."""
    return with_dialect(
        "Sigma rule, correlation or filter",
        {
            "type": "object",
            "properties": _HEADING,
            "$defs": {"selection": _SELECTION, "detection": _DETECTION, "logsource": _LOGSOURCE},
            "if": {"required": ["action"]},
            "else": {
                "required": ["title"],
                "if": {"required": ["correlation"]},
                "then": {"properties": {"correlation": _CORRELATION}},
                "else": {
                    "required": ["logsource"],
                    "if": {"required": ["filter"]},
                    "then": {"properties": {"filter": _FILTER}},
                    "else": {"required": ["detection"]},
                },
            },
        },
    )


_LOGSOURCE: Final[Schema] = {
    "type": "object",
    "minProperties": 1,
    "additionalProperties": False,
    "properties": {
        "product": {**TEXT, "description": "windows, linux, aws, …"},
        "category": {**TEXT, "description": "process_creation, webserver, …"},
        "service": {**TEXT, "description": "security, sshd, …"},
        "definition": {
            "type": "string",
            "description": "What must be switched on for these events to exist.",
        },
    },
}
_SELECTION: Final[Schema] = {
    "anyOf": [
        {
            "type": "object",
            "minProperties": 1,
            "propertyNames": {"pattern": f"^[^|]*([|]({'|'.join(KINDS)}))*$"},
            "additionalProperties": {"anyOf": [SCALAR, {"type": "array", "minItems": 1, "items": SCALAR}]},
        },
        {
            "type": "array",
            "minItems": 1,
            "items": {"anyOf": [{"type": ["string", "number", "boolean"]}, {"$ref": "#/$defs/selection"}]},
        },
        {"type": ["string", "number", "boolean"]},
    ]
}
_DETECTION: Final[Schema] = {
    "type": "object",
    "required": ["condition"],
    "minProperties": 2,
    "properties": {
        "condition": {**NAMES, "description": "and, or, not, 1 of NAME*, all of them, over the selections."},
        "timeframe": False,
    },
    "additionalProperties": {"$ref": "#/$defs/selection"},
}
_FILTER: Final[Schema] = {
    "type": "object",
    "required": ["rules", "condition"],
    "properties": {
        "rules": {**NAMES, "description": "Ids or names of rules, or any."},
        "condition": {**NAMES, "description": "Usually: not selection."},
    },
    "additionalProperties": {"$ref": "#/$defs/selection"},
}
_CORRELATION: Final[Schema] = {
    "type": "object",
    "required": ["type", "rules", "timespan"],
    "additionalProperties": False,
    "properties": {
        "type": {"enum": [kind.value for kind in CorrelationType]},
        "rules": {**NAMES, "description": "Ids or names of rules or correlations."},
        "group-by": NAMES,
        "timespan": _SPAN,
        "aliases": {
            "type": "object",
            "description": "Name in group-by → rule → its field.",
            "additionalProperties": {"type": "object", "additionalProperties": TEXT},
        },
        "generate": {
            "type": "boolean",
            "description": "The rules named here raise alerts of their own, too.",
        },
        "condition": {
            "anyOf": [
                {**TEXT, "description": "temporal: and, or, not over the rules."},
                {
                    "type": "object",
                    "additionalProperties": False,
                    "properties": {
                        **{operator.value: {"type": ["number", "string"]} for operator in Operator},
                        "field": NAMES,
                        "percentile": {"type": ["number", "string"]},
                    },
                },
            ]
        },
    },
}
_CUSTOM: Final[Schema] = {
    "type": "object",
    "additionalProperties": False,
    "properties": {
        "scope": {"enum": ["agency", "province"], "description": "province: agencies are joined."},
        "zone": {**TEXT, "description": "Zone of calendar windows: Asia/Ho_Chi_Minh."},
        "group-by": {**NAMES, "description": "What an alert of a plain rule is about."},
        "timespan": _SPAN,
    },
}
_HEADING: Final[Schema] = {
    "title": {**TEXT, "description": "What the alert is called."},
    "id": {**TEXT, "description": "A UUID, or lower-case words_like_this; never changes."},
    "name": {**TEXT, "description": "What correlations call it."},
    "status": {"enum": ["stable", "test", "experimental", "deprecated", "unsupported"]},
    "level": {"enum": [level.value for level in Severity]},
    "description": {"type": "string"},
    "author": {"type": "string"},
    "license": {"type": "string", "description": "SPDX name, where it is not that of the package."},
    "date": _DAY,
    "modified": _DAY,
    "references": {"type": "array", "items": {"type": "string"}},
    "related": {
        "type": "array",
        "items": {"type": "object", "required": ["id", "type"], "properties": {"id": TEXT, "type": TEXT}},
    },
    "tags": {"type": "array", "items": {"type": "string", "pattern": "^[a-z0-9_-]+\\.[a-z0-9._-]+$"}},
    "falsepositives": {"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]},
    "logsource": {"$ref": "#/$defs/logsource"},
    "detection": {"$ref": "#/$defs/detection"},
    "correlation": {"type": "object"},
    "filter": {"type": "object"},
    "custom": _CUSTOM,
    "action": {"enum": ["global", "reset", "repeat"], "description": "For several documents in one file."},
}
