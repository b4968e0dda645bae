"""Processing pipelines in pySigma's YAML: steps that change rules before they are compiled.

A pipeline lives in a folder ``pipelines`` and works on every rule beside that folder and below; those that
work on one rule do so by priority, then path, and share their ``vars``.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import PurePath
from typing import Any, assert_never

from soc.kernel.errors import Location, RuleError
from soc.rulebook.changes import (
    Add,
    Change,
    Drop,
    Fill,
    Names,
    Refuse,
    Relocate,
    Remember,
    Rename,
    Revalue,
    read_change,
)
from soc.rulebook.conditions import Ref, Without
from soc.rulebook.criteria import (
    FIELD_TESTS,
    ITEM_TESTS,
    RULE_TESTS,
    FieldTest,
    ItemTest,
    RuleTest,
    fields_in,
)
from soc.rulebook.documents import Document, Fault, Keys, RuleFile, documents
from soc.rulebook.guards import Guard, guard_keys, read_guard
from soc.rulebook.items import filled_item, renamed_item, revalued_item
from soc.rulebook.selections import Detection, Item, Selection, changed
from soc.rulebook.specs import Spec
from soc.rulebook.subjects import Subject
from soc.rulebook.values import Placeholders

MAX_STEPS = 1000
MAX_VALUES = 20_000
"""Of one rule, if steps make more of it than it had."""
_KEYS = {"name", "priority", "vars", "transformations", "postprocessing", "finalizers", "allowed_backends"}
_GUARDS = ("rule", "detection_item", "field_name")


@dataclass(frozen=True, slots=True)
class Step:
    """One change, and when it is made."""

    id: str
    change: Change
    document: Document
    keys: Keys
    rule: Guard[RuleTest]
    item: Guard[ItemTest]
    field: Guard[FieldTest]

    @property
    def place(self) -> Location:
        """Return where it is written."""
        return self.document.location(self.keys)


@dataclass(frozen=True, slots=True)
class Pipeline:
    """A file of steps."""

    path: str
    priority: int
    vars: Placeholders
    steps: tuple[Step, ...]

    @property
    def folder(self) -> PurePath:
        """Return the folder whose rules it works on."""
        return PurePath(self.path).parent.parent


def read_pipelines(files: Sequence[RuleFile]) -> tuple[tuple[Pipeline, ...], list[RuleError]]:
    """Return the pipelines of *files* in the order in which they work, and what is wrong with the others."""
    found: list[Pipeline] = []
    errors: list[RuleError] = []
    for file in files:
        read, faults = documents(file)
        errors += faults
        for document in read if not faults else ():
            try:
                found.append(_pipeline(document))
            except Fault as fault:
                errors.append(document.located(fault))
    return tuple(sorted(found, key=lambda pipeline: (pipeline.priority, pipeline.path))), errors


def processed(subject: Subject, pipelines: Sequence[Pipeline]) -> Subject:
    """Return *subject* after those of *pipelines* that work on it.

    Raises:
        RuleError: one of them refuses the rule, or makes of it what cannot be.
    """
    path = PurePath(subject.document.file.path)
    chosen = [pipeline for pipeline in pipelines if path.is_relative_to(pipeline.folder)]
    values = {name: texts for pipeline in chosen for name, texts in pipeline.vars.items()}
    for step in (step for pipeline in chosen for step in pipeline.steps):
        if step.rule.holds(lambda test: test(subject)):  # noqa: B023 - asked at once
            subject = _stepped(subject, step, values)
            subject = replace(subject, steps=subject.steps | {step.id})
    return subject


def _pipeline(document: Document) -> Pipeline:
    spec = Spec(document.data, ())
    spec.only(_KEYS)
    for key in ("postprocessing", "finalizers", "allowed_backends"):
        if spec.raw(key, None):
            raise Fault(f"{key} is for programs that write queries", key, fix="leave it out")
    priority = spec.raw("priority", 0)
    if not isinstance(priority, int):
        raise spec.fault("priority", "an integer")
    steps = spec.raw("transformations", [])
    if not isinstance(steps, list) or len(steps) > MAX_STEPS:
        raise Fault(f"transformations must be a list of at most {MAX_STEPS} steps", "transformations")
    return Pipeline(
        path=document.file.path,
        priority=priority,
        vars=_vars(Spec(spec.raw("vars", {}), ("vars",))),
        steps=tuple(_step(document, body, ("transformations", i)) for i, body in enumerate(steps)),
    )


def _vars(spec: Spec) -> Placeholders:
    found: dict[str, tuple[str, ...]] = {}
    for name, value in spec.data.items():
        values = value if isinstance(value, list) else [value]
        if not values or not all(isinstance(one, str | int | float) for one in values):
            raise spec.fault(str(name), "a text or number, or a list of them")
        found[str(name)] = tuple(map(str, values))
    return found


def _step(document: Document, body: Any, keys: Keys) -> Step:
    spec = Spec(body, keys)
    also = ("id", "type", *(key for prefix in _GUARDS for key in guard_keys(prefix)))
    try:
        return Step(
            id=spec.text("id", "") or str(document.location(keys)),
            change=read_change(spec, also),
            document=document,
            keys=keys,
            rule=read_guard(spec, "rule", RULE_TESTS),
            item=read_guard(spec, "detection_item", ITEM_TESTS),
            field=read_guard(spec, "field_name", FIELD_TESTS),
        )
    except Fault as fault:
        raise fault if fault.keys[: len(keys)] == keys else fault.under(keys) from fault


def _stepped(subject: Subject, step: Step, values: Placeholders) -> Subject:
    match step.change:
        case Refuse(message, item=False):
            raise _refusal(subject.document, Fault(message), step)
        case Relocate(logsource):
            return subject if subject.correlation else replace(subject, logsources=(logsource,))
        case Remember(key, value):
            return replace(subject, state={**subject.state, key: value})
        case Add():
            return subject if subject.correlation else _added(subject, step, step.change)
        case Rename(names):
            renames = (*subject.renames, lambda name: _names(subject, step, names, None, name) or (name,))
            return replace(_with_items(subject, step, values), renames=renames)
        case Revalue() | Fill() | Drop() | Refuse():
            return _with_items(subject, step, values)
        case _:
            assert_never(step.change)


def _added(subject: Subject, step: Step, change: Add) -> Subject:
    selection = changed(
        change.selection(subject.logsources[0]), lambda item: replace(item, steps=frozenset({step.id}))
    )
    tree = Without(Ref("added")) if change.negated else Ref("added")
    detection = Detection(step.document, (*step.keys, "conditions"), {"added": selection}, (tree,))
    return replace(subject, detections=(*subject.detections, detection))


def _with_items(subject: Subject, step: Step, values: Placeholders) -> Subject:
    def change(detection: Detection, item: Item) -> Selection | None:
        if not _chosen(subject, step, item):
            return item
        try:
            new = _changed(subject, step, item, values)
        except Fault as fault:
            raise _refusal(detection.document, fault.under((*detection.keys, *item.keys)), step) from fault
        if new == item:
            return item
        return changed(new, lambda item: replace(item, steps=item.steps | {step.id}))

    after = subject.with_items(change)
    if _values(after) > max(MAX_VALUES, _values(subject)):
        raise _refusal(subject.document, Fault(f"pipelines make more than {MAX_VALUES} values of it"), step)
    return after


def _values(subject: Subject) -> int:
    return sum(len(item.values) for item in subject.items())


def _changed(subject: Subject, step: Step, item: Item, values: Placeholders) -> Selection | None:
    match step.change:
        case Rename(names):
            return renamed_item(item, lambda name: _names(subject, step, names, item, name))
        case Revalue():
            return revalued_item(item, step.change)
        case Fill():
            return filled_item(item, step.change, values)
        case Refuse(message, item=True):
            raise Fault(message)
        case Drop():
            return None
        case _:
            return item


def _chosen(subject: Subject, step: Step, item: Item) -> bool:
    names = fields_in(item)
    return step.item.holds(lambda test: test(subject, item)) and step.field.holds(
        lambda test: any(test(subject, item, name) for name in names)
    )


def _names(
    subject: Subject, step: Step, names: Names, item: Item | None, name: str | None
) -> tuple[str, ...] | None:
    found = names(name)
    return found if found and step.field.holds(lambda test: test(subject, item, name)) else None


def _refusal(document: Document, fault: Fault, step: Step) -> RuleError:
    said = f"{fault.fix}; " if fault.fix else ""
    return document.located(Fault(fault.message, *fault.keys, fix=f"{said}step at {step.place}"))
