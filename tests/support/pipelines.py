"""Pipelines written in a line or two, and what they make of rules."""

from typing import Any

import yaml
from support.rulings import loaded, rule_text

from soc.rulebook.documents import RuleFile
from soc.rulebook.plan import Node, Rulebook, Text, Wild
from soc.rulebook.plan import Test as On

ANY = Wild.ANY


def is_(field: str, text: str) -> On:
    """The test that *field* is *text*."""
    return On(field, Text((text,)))


def has(field: str, text: str) -> On:
    """The test that *field* contains *text*."""
    return On(field, Text((ANY, text, ANY)))


def pipeline_file(*steps: str, path: str = "pipelines/p.yml", **more: Any) -> RuleFile:
    """The file of a pipeline of *steps*, each in YAML; *more* are its other keys."""
    body = {**more, "transformations": [yaml.safe_load(step) for step in steps]}
    return RuleFile(path, yaml.safe_dump(body, sort_keys=False))


def book_under(rule: str, *steps: str, **more: Any) -> Rulebook:
    """The rulebook of the one *rule* under a pipeline of *steps*."""
    return loaded(rule, pipelines=[pipeline_file(*steps, **more)])


def under(selection: str, *steps: str, **more: Any) -> Node:
    """The condition of a rule of one selection after the pipeline of *steps*."""
    book = book_under(rule_text(f"{{s: {selection}, condition: s}}"), *steps, **more)
    assert book.errors == ()
    return book.rules[0].condition
