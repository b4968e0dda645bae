"""Pipelines mean what they mean in pySigma: the same files make the same conditions of public rules."""

import re
from collections.abc import Iterable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import yaml
from sigma.collection import SigmaCollection
from sigma.conditions import (
    ConditionAND,
    ConditionFieldEqualsValueExpression,
    ConditionNOT,
    ConditionOR,
    ConditionValueExpression,
)
from sigma.processing.pipeline import ProcessingPipeline
from sigma.rule import SigmaRule
from sigma.types import (
    SigmaBool,
    SigmaCasedString,
    SigmaCIDRExpression,
    SigmaCompareExpression,
    SigmaExists,
    SigmaExpansion,
    SigmaFieldReference,
    SigmaNull,
    SigmaNumber,
    SigmaRegularExpression,
    SigmaString,
    SpecialChars,
)
from support.rulings import event_with

from soc.app.content import house_mappings, read_content
from soc.detection import reference
from soc.detection.engine import Engine
from soc.rulebook.detections import keyword_pattern
from soc.rulebook.load import RuleFile, load, read_rule_files
from soc.rulebook.plan import (
    And,
    Boolean,
    Cidr,
    Compare,
    Exists,
    FieldRef,
    Keyword,
    Node,
    Not,
    Null,
    Number,
    Or,
    Order,
    Place,
    Regex,
    Text,
    Wild,
)
from soc.rulebook.plan import Test as On

WILDS = {SpecialChars.WILDCARD_MULTI: Wild.ANY, SpecialChars.WILDCARD_SINGLE: Wild.ONE}
PLACES = {
    (False, False): Place.EQUALS,
    (True, True): Place.CONTAINS,
    (True, False): Place.STARTSWITH,
    (False, True): Place.ENDSWITH,
}
EVERY = 20
"""One rule of so many is compared."""
PIPELINES = {
    "fields": """
        transformations:
        - id: names
          type: field_name_mapping
          mapping: {Image: process.executable, CommandLine: [process.command_line, process.title],
                    TargetFilename: file.path, EventID: event.code, ParentImage: process.parent.executable}
        - id: rest
          type: field_name_prefix
          prefix: win.
          field_name_conditions: [{type: exclude_fields, fields: [process.executable, event.code, file.path]}]
          rule_conditions: [{type: logsource, product: windows}]
        - {type: field_name_suffix, suffix: .raw, rule_conditions: [{type: logsource, product: linux}]}
    """,
    "conditions": """
        transformations:
        - type: add_condition
          conditions: {EventID: [1, 4688], Channel: Security}
          rule_conditions: [{type: logsource, category: process_creation, product: windows}]
        - type: add_condition
          conditions: {category: $category, 'agent|contains': test}
          template: true
          negated: true
          rule_conditions: [{type: contains_field, field: EventID}, {type: tag, tag: attack.persistence}]
          rule_cond_op: or
        - {type: change_logsource, product: windows, service: sysmon,
           rule_conditions: [{type: logsource, product: windows}]}
        - {type: field_name_prefix, prefix: s., rule_conditions: [{type: logsource, service: sysmon}]}
    """,
    "values": r"""
        transformations:
        - {type: replace_string, regex: '\\', replacement: '/'}
        - type: replace_string
          regex: '^\*'
          replacement: '?*'
          field_name_conditions: [{type: include_fields, fields: [Image, ParentImage]}]
        - {type: map_string, mapping: {'*powershell*': ['*pwsh*', '*posh*']}}
        - type: set_value
          value: 5
          detection_item_conditions: [{type: match_string, cond: any, pattern: '^.*\.exe'}]
          field_name_conditions: [{type: include_fields, fields: [OriginalFileName]}]
    """,
    "items": """
        transformations:
        - type: drop_detection_item
          field_name_conditions: [{type: include_fields, fields: ['Parent.*', 'Original.*'], mode: re}]
        - type: field_name_prefix_mapping
          mapping: {Target: [target., dst.], Command: cmd.}
          rule_cond_expr: windows and not server
          rule_conditions:
            windows: {type: logsource, product: windows}
            server: {type: rule_attribute, attribute: level, value: high, op: gte}
        - type: drop_detection_item
          detection_item_conditions: [{type: contains_wildcard, cond: all}, {type: is_null, cond: any}]
          detection_item_cond_op: or
          detection_item_cond_not: true
          rule_conditions: [{type: contains_detection_item, field: EventID, value: 4688}]
    """,
    "steps": r"""
        transformations:
        - id: has-path
          type: set_state
          key: path
          val: 1
          rule_conditions: [{type: contains_field, field: Image}, {type: contains_field, field: ParentImage}]
          rule_cond_op: or
        - id: file-name
          type: replace_string
          regex: '^\*\\([^\\]+)$'
          replacement: '\1'
          field_name_conditions: [{type: include_fields, fields: [Image]}]
          detection_item_conditions: [{type: match_string, cond: all, pattern: '^\*\\[^\\]+$'}]
        - id: mapped
          type: field_name_mapping
          mapping: {Image: proc.name, EventID: [event.id, event.code], QueryName: dns.name}
        - type: field_name_prefix
          prefix: other.
          field_name_conditions: [{type: processing_item_applied, processing_item_id: mapped}]
          field_name_cond_not: true
        - type: nest
          rule_conditions: [{type: processing_state, key: path, val: 1}]
          items:
          - {type: add_condition, conditions: {index: paths}}
          - type: field_name_suffix
            suffix: .s
            field_name_conditions: [{type: include_fields, fields: [index]}]
        - type: add_condition
          conditions: {index: rest}
          rule_conditions: [{type: processing_item_applied, processing_item_id: has-path}]
          rule_cond_not: true
    """,
}


@pytest.fixture(scope="module")
def files(corpora: Path) -> list[RuleFile]:
    found = read_rule_files(sorted((corpora / "sigma").glob("rules*")))
    return [file for file in found if "expand" not in file.text][::EVERY]


def canonical(node: Node | None) -> Any:
    """A tree in which order, nesting of like joins and repetition do not count."""
    match node:
        case And(nodes) | Or(nodes):
            return joined(type(node).__name__, map(canonical, nodes))
        case Not(inner):
            return ("Not", canonical(inner))
        case On(field, Number(value)):
            return On(field, Text((str(value),)))  # pySigma makes texts of numbers that it looks at
        case _:
            return node


def joined(name: str, parts: Iterable[Any]) -> Any:
    found: set[Any] = set()
    for part in parts:
        found |= part[1] if isinstance(part, tuple) and part[0] == name else {part}
    return next(iter(found), None) if len(found) < 2 else (name, frozenset(found))


def theirs(tree: Any) -> Any:
    """The tree of a condition in pySigma, canonical."""
    match tree:
        case ConditionAND(args=args):
            return joined("And", [theirs(arg) for arg in args if theirs(arg) is not None])
        case ConditionOR(args=args):
            return joined("Or", [theirs(arg) for arg in args if theirs(arg) is not None])
        case ConditionNOT(args=[inner]):
            return None if theirs(inner) is None else ("Not", theirs(inner))
        case None:
            return None
        case ConditionFieldEqualsValueExpression(field=field, value=value):
            return joined("Or", (On(field, pattern) for pattern in patterns_of(value)))
        case ConditionValueExpression(value=value):
            return joined("Or", (Keyword(keyword_pattern(pattern)) for pattern in patterns_of(value)))
        case _:
            raise AssertionError(type(tree))


def patterns_of(value: Any) -> Iterable[Any]:  # noqa: C901, PLR0912 - one line for each type
    match value:
        case SigmaExpansion(values=values):
            for inner in values:
                yield from patterns_of(inner)
        case SigmaString():
            parts: list[Any] = [WILDS.get(part, part) for part in value.s]  # type: ignore[arg-type]
            twice = [place for place, part in enumerate(parts[1:]) if part is parts[place] is Wild.ANY]
            left = (part for place, part in enumerate(parts) if place not in twice)
            yield Text(tuple(left), isinstance(value, SigmaCasedString))
        case SigmaNumber(number=number):
            yield Text((str(number),))
        case SigmaBool(boolean=boolean):
            yield Boolean(boolean)
        case SigmaNull():
            yield Null()
        case SigmaExists(exists=wanted):
            yield Exists(wanted)
        case SigmaRegularExpression(regexp=regexp, flags=flags):
            names = {flag.name for flag in flags}
            yield Regex(str(regexp), "IGNORECASE" in names, "MULTILINE" in names, "DOTALL" in names)
        case SigmaCIDRExpression(network=network):
            yield Cidr(str(network))
        case SigmaCompareExpression(number=number, op=op):
            yield Compare(Order(op.name.lower()), Decimal(str(number)))
        case SigmaFieldReference(field=field, starts_with=starts, ends_with=ends):
            yield FieldRef(field, PLACES[starts, ends])
        case _:
            raise AssertionError(type(value))


def as_pysigma_has_it(file: RuleFile, pipeline: str = "transformations: []") -> Any:
    rule = SigmaRule.from_dict(yaml.load(file.text, yaml.CSafeLoader))
    ProcessingPipeline.from_yaml(pipeline).apply(rule)
    return conditions_of(rule)


def conditions_of(rule: SigmaRule) -> Any:
    return joined("Or", (theirs(condition.parsed) for condition in rule.detection.parsed_condition))


@pytest.mark.parametrize("part", range(3))
def test_every_public_rule_has_the_condition_that_pysigma_has(corpora: Path, part: int) -> None:
    files = read_rule_files(sorted((corpora / "sigma").glob("rules*")))[part::3]
    files = [file for file in files if "|expand" not in file.text]
    rules = load(files, known=lambda _: True, entities=lambda _: ()).rules
    found = {rule.heading.location.path: canonical(rule.condition) for rule in rules}
    assert len(found) > 1200
    assert [file.path for file in files if found[file.path] != as_pysigma_has_it(file)] == []


@pytest.mark.filterwarnings("ignore:'parseString' deprecated")
@pytest.mark.parametrize("name", PIPELINES)
def test_a_pipeline_makes_of_public_rules_what_pysigma_makes(name: str, files: list[RuleFile]) -> None:
    steps = RuleFile("/pipelines/p.yml", PIPELINES[name])
    differing = []
    for file in files:
        book = load([file], known=lambda _: True, entities=lambda _: (), pipelines=[steps])
        mine = [canonical(rule.condition) for rule in book.rules]
        if mine != [as_pysigma_has_it(file, PIPELINES[name])]:
            differing.append((file.path, book.errors))
    assert differing == []


FILTER = """
title: Known tools
id: 4d6c4d5a-6f5b-4c2b-9d3f-0f4f5f0f0a01
logsource: {product: windows, category: process_creation}
filter:
  rules: any
  selection_image: {Image|endswith: ['/known.exe', '/other?.exe']}
  selection_user: {User|startswith: AUTHORI}
  condition: not (1 of selection_* and not selection_user)
"""


def test_a_filter_makes_of_public_rules_what_pysigma_makes(corpora: Path) -> None:
    files = read_rule_files([corpora / "sigma" / "rules" / "windows" / "process_creation"])[::40]
    book = load([*files, RuleFile("filter.yml", FILTER)], known=lambda _: True, entities=lambda _: ())
    assert len(book.rules) == len(files) > 25
    found = {rule.heading.location.path: canonical(rule.condition) for rule in book.rules}
    for file in files:
        texts = (file.text, FILTER)
        collection = SigmaCollection.from_dicts([yaml.load(text, yaml.CSafeLoader) for text in texts])
        (rule,) = (each for each in collection.rules if isinstance(each, SigmaRule))
        assert found[file.path] == conditions_of(rule), file.path


def placeholder_files(corpora: Path) -> list[RuleFile]:
    return read_rule_files([corpora / "sigma" / "rules-placeholder"])


def lists_for(files: list[RuleFile], values: list[Any]) -> str:
    """A pipeline that gives every placeholder of *files* the same values."""
    names = {name for file in files for name in re.findall(r"%([\w-]+)%", file.text)}
    return yaml.safe_dump(
        {"vars": dict.fromkeys(names, values), "transformations": [{"type": "value_placeholders"}]}
    )


@pytest.mark.parametrize(
    "pipeline",
    [
        lambda files: lists_for(files, ["first", "sec*", 7]),
        lambda _: "transformations: [{type: wildcard_placeholders}]",
    ],
    ids=["values", "wildcards"],
)
def test_placeholders_become_what_pysigma_makes_of_them(corpora: Path, pipeline: Any) -> None:
    files = placeholder_files(corpora)
    text = pipeline(files)
    steps = RuleFile("/pipelines/p.yml", text)
    book = load(files, known=lambda _: True, entities=lambda _: (), pipelines=[steps])
    assert book.errors == ()
    assert len(book.rules) == len(files)
    found = {rule.heading.location.path: canonical(rule.condition) for rule in book.rules}
    assert [file.path for file in files if found[file.path] != as_pysigma_has_it(file, text)] == []


@pytest.mark.parametrize(
    "matcher",
    [
        reference.matches,
        lambda rule, event: bool(Engine([rule]).match(event)),
    ],
    ids=["reference", "engine"],
)
def test_a_public_rule_uses_the_list_that_a_pipeline_gives(corpora: Path, matcher: Any) -> None:
    files = [file for file in placeholder_files(corpora) if "%internal_domains%" in file.text]
    steps = RuleFile(f"{corpora}/pipelines/p.yml", lists_for(files, ["*.province.example"]))
    (rule,) = load(files, known=lambda _: True, entities=lambda _: (), pipelines=[steps]).rules
    sources = (rule.logsource,)
    asked = {"Image": r"C:\Windows\System32\wscript.exe", "QueryName": "files.province.example"}
    assert not matcher(rule, event_with(asked, logsources=sources))
    assert matcher(rule, event_with({**asked, "QueryName": "far.example"}, logsources=sources))


def test_a_folder_of_rules_brings_its_pipelines_and_lists(corpora: Path, tmp_path: Path) -> None:
    files = placeholder_files(corpora)
    for number, file in enumerate(files):
        (tmp_path / f"{number}.yml").write_text(file.text, encoding="utf-8")
    folder = tmp_path / "pipelines"
    folder.mkdir()
    without = read_content([tmp_path], house_mappings()).rulebook
    assert (len(without.rules), len(without.errors)) == (0, len(files))
    (folder / "lists.yml").write_text(lists_for(files, ["203.0.113.7"]), encoding="utf-8")
    found = read_content([tmp_path], house_mappings()).rulebook
    assert (len(found.rules), found.errors) == (len(files), ())
    (folder / "lists.yml").write_text("transformations: [{type: value_placeholder}]", encoding="utf-8")
    broken = read_content([tmp_path], house_mappings()).rulebook
    assert "did you mean 'value_placeholders'?" in broken.errors[0]
    assert len(broken.errors) == len(files) + 1
