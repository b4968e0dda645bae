"""``soc rules schema``: JSON Schemas for the editors of rule authors."""

import json
from collections.abc import Callable, Mapping

import click

from soc.cli.case_files import Cases
from soc.rulebook.overrides import OverrideFile
from soc.rulebook.pipeline_schema import pipeline_schema
from soc.rulebook.schemas import Schema, rule_schema, with_dialect

SCHEMAS: Mapping[str, Callable[[], Schema]] = {
    "rule": rule_schema,
    "case": lambda: with_dialect("Cases of a rule", Cases.model_json_schema()),
    "pipeline": pipeline_schema,
    "overrides": lambda: with_dialect("Overrides of rules", OverrideFile.model_json_schema()),
}


@click.command("schema")
@click.argument("kind", type=click.Choice(list(SCHEMAS)))
def print_schema(kind: str) -> None:
    """Print the JSON Schema (2020-12) of a rule, its cases, a pipeline or the file of overrides.

    An editor with yaml-language-server uses it when the first line of a file says:
    # yaml-language-server: $schema=rule.schema.json

    \b
    soc rules schema rule > rule.schema.json
    soc rules schema case > case.schema.json
    """  # noqa: D301 - click reads \b
    click.echo(json.dumps(SCHEMAS[kind](), indent=2, ensure_ascii=False))
