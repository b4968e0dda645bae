"""Steps of a pipeline: when each is made, and what it then makes of a rule."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
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
from soc.rulebook.documents import Document, Fault, Keys
from soc.rulebook.guards import Guard, guard_keys, read_guard
from soc.rulebook.items import filled_item, renamed_item, revalued_item
from soc.rulebook.selections import Detection, Item, Selection, changed
from soc.rulebook.specs import Spec
from soc.rulebook.subjects import Subject
from soc.rulebook.values import Placeholders

MAX_STEPS = 1000
MAX_VALUES = 20_000
"""Of one rule, if steps make more of it than it had."""
_GUARDS = ("rule", "detection_item", "field_name")
_OF_THE_RULE = {"add_condition", "change_logsource", "nest", "rule_failure", "set_state"}


@dataclass(frozen=True, slots=True)
class Nest:
    """Steps that are made together, under one condition on the rule."""

    steps: tuple["Step", ...]


@dataclass(frozen=True, slots=True)
class Step:
    """One change, and when it is made."""

    id: str
    change: Change | Nest
    document: Document
    keys: Keys
    rule: Guard[RuleTest]
    item: Guard[ItemTest]
    field: Guard[FieldTest]

    @property
    def place(self) -> Location:
        """Return where it is written."""
        return self.document.location(self.keys)


def read_steps(document: Document, given: Any, keys: Keys) -> tuple[Step, ...]:
    """Return the steps of the list *given*, which stands at *keys* of *document*.

    Raises:
        Fault: one cannot be used.
    """
    if not isinstance(given, list) or len(given) > MAX_STEPS:
        raise Fault(f"{keys[-1]} must be a list of at most {MAX_STEPS} steps", *keys)
    return tuple(_step(document, body, (*keys, i)) for i, body in enumerate(given))


def stepped(subject: Subject, steps: Sequence[Step], values: Placeholders) -> Subject:
    """Return *subject* after those of *steps* whose conditions on the rule hold.

    Raises:
        RuleError: one of them refuses the rule, or makes of it what cannot be.
    """
    for step in steps:
        if step.rule.holds(lambda test: test(subject)):  # noqa: B023 - asked at once
            subject = _made(subject, step, values)
            subject = replace(subject, steps=subject.steps | {step.id})
    return subject


def _step(document: Document, body: Any, keys: Keys) -> Step:
    spec = Spec(body, keys)
    try:
        if spec.text("type") in _OF_THE_RULE:
            _check_whole(spec)
        return Step(
            id=spec.text("id", "") or str(document.location(keys)),
            change=_change(document, spec),
            document=document,
            keys=keys,
            rule=read_guard(spec, "rule", RULE_TESTS),
            item=read_guard(spec, "detection_item", ITEM_TESTS),
            field=read_guard(spec, "field_name", FIELD_TESTS),
        )
    except Fault as fault:
        raise fault if fault.keys[: len(keys)] == keys else fault.under(keys) from fault


def _change(document: Document, spec: Spec) -> Change | Nest:
    also = ("id", "type", *(key for prefix in _GUARDS for key in guard_keys(prefix)))
    if spec.data.get("type") != "nest":
        return read_change(spec, also)
    spec.only((*also, "items"))
    return Nest(read_steps(document, spec.raw("items"), (*spec.keys, "items")))


def _check_whole(spec: Spec) -> None:
    for prefix in ("detection_item", "field_name"):
        for key in guard_keys(prefix):
            if key in spec.data:
                raise Fault(f"{spec.data['type']} is about the rule and takes no {key}", *spec.keys, key)


def _made(subject: Subject, step: Step, values: Placeholders) -> Subject:
    match step.change:
        case Refuse(message, item=False):
            raise _refusal(subject.document, Fault(message), step)
        case Nest(steps):
            return stepped(subject, steps, values)
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
