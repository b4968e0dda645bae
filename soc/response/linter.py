"""The linter: everything that is wrong with a playbook, at once, each with the path of its key."""

from collections.abc import Iterator

import yaml
from pydantic import ValidationError

from soc.kernel.errors import PlaybookError
from soc.response.conditions import names, parse
from soc.response.enrich import GIVEN
from soc.response.playbook import (
    ActionName,
    ActionStep,
    EndStep,
    IfStep,
    Manual,
    Playbook,
    SideEffect,
    SocAction,
    StartStep,
    Step,
    Tlp,
)
from soc.response.rendering import references

MAX_BYTES = 256 << 10


def load(text: str, path: str) -> Playbook:
    """Return the playbook in *text*.

    Raises:
        PlaybookError: every fault, one a line, each beginning with *path* and the key.
    """
    playbook, found = check(text)
    if playbook is None or found:
        raise PlaybookError("\n".join(f"{path}: {fault}" for fault in found))
    return playbook


def check(text: str) -> tuple[Playbook | None, list[str]]:
    """Return the playbook, as far as it has the form of one, and its faults."""
    if len(text.encode()) > MAX_BYTES:
        return None, [f"longer than {MAX_BYTES} bytes"]
    try:
        document = yaml.safe_load(text)
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        return None, [f"not YAML: {' '.join(str(error).split())}"]
    try:
        playbook = Playbook.model_validate(document)
    except ValidationError as error:
        return None, [f"{_key(fault['loc'])}: {fault['msg']}" for fault in error.errors(include_url=False)]
    return playbook, list(faults(playbook))


def faults(playbook: Playbook) -> Iterator[str]:
    """Yield what the form alone does not forbid."""
    yield from _dangling(playbook)
    yield from _unreached(playbook)
    yield from _circular(playbook)
    for step_id, step in playbook.workflow.items():
        path = f"workflow.{step_id}"
        if not step_id.startswith(f"{step.type}--"):
            yield f"{path}: a step of type {step.type} has an id {step.type}--…"
        for name in _reads(step):
            if name not in playbook.playbook_variables:
                yield f"{path}: variable {name} is not in playbook_variables"
        match step:
            case IfStep():
                yield from _condition(step, path)
            case ActionStep():
                yield from _action(playbook, step_id, step, path)
            case StartStep() | EndStep():
                pass


def _key(path: tuple[int | str, ...]) -> str:
    return ".".join(str(part) for part in path) or "the file"


def _ways(step: Step) -> list[tuple[str, str]]:
    """Return (key, step id) of every way out of *step*."""
    match step:
        case StartStep():
            return [("on_completion", step.on_completion)]
        case IfStep():
            return [("on_true", step.on_true), ("on_false", step.on_false)]
        case ActionStep():
            three = ("on_completion", "on_success", "on_failure")
            return [(key, getattr(step, key)) for key in three if getattr(step, key) is not None]
        case EndStep():
            return []


def _roots(playbook: Playbook) -> list[tuple[str, str]]:
    exception = playbook.workflow_exception
    first = [("workflow_start", playbook.workflow_start)]
    return first + ([] if exception is None else [("workflow_exception", exception)])


def _dangling(playbook: Playbook) -> Iterator[str]:
    ways = _roots(playbook)
    for step_id, step in playbook.workflow.items():
        ways += [(f"workflow.{step_id}.{key}", target) for key, target in _ways(step)]
    for key, target in ways:
        if target not in playbook.workflow:
            yield f"{key}: no step {target}"
    start = playbook.workflow.get(playbook.workflow_start)
    if start is not None and not isinstance(start, StartStep):
        yield f"workflow_start: {playbook.workflow_start} is no start step"


def _unreached(playbook: Playbook) -> Iterator[str]:
    waiting = [target for _, target in _roots(playbook)]
    reached: set[str] = set()
    while waiting:
        step_id = waiting.pop()
        if step_id in reached or step_id not in playbook.workflow:
            continue
        reached.add(step_id)
        waiting += [target for _, target in _ways(playbook.workflow[step_id])]
    for step_id in playbook.workflow:
        if step_id not in reached:
            yield f"workflow.{step_id}: no way leads here"


def _circular(playbook: Playbook) -> Iterator[str]:
    """A run visits a step at most once; so take away what only leads to steps taken away."""
    left = dict(playbook.workflow)
    while True:
        done = [
            step_id for step_id, step in left.items() if not any(to in left for _, to in _all(playbook, step))
        ]
        if not done:
            break
        for step_id in done:
            del left[step_id]
    if left:
        yield f"workflow: these steps lead back to themselves or to such: {', '.join(left)}"


def _all(playbook: Playbook, step: Step) -> list[tuple[str, str]]:
    """Return the ways out of *step*, the playbook's exception included."""
    ways = _ways(step)
    if isinstance(step, ActionStep) and (failed := playbook.after_failure(step)) is not None:
        ways = [*ways, ("on_failure", failed)]
    return ways


def _reads(step: Step) -> list[str]:
    if isinstance(step, ActionStep) and isinstance(step.command, SocAction):
        return [name for text in step.command.args.values() for name in references(text)]
    if isinstance(step, IfStep):
        try:
            return sorted(names(parse(step.condition)))
        except PlaybookError:
            return []
    return []


def _condition(step: IfStep, path: str) -> Iterator[str]:
    try:
        parse(step.condition)
    except PlaybookError as error:
        yield f"{path}.condition: {error}"


def _action(playbook: Playbook, step_id: str, step: ActionStep, path: str) -> Iterator[str]:
    if (step.on_completion is None) == (step.on_success is None):
        yield f"{path}: either on_completion or on_success"
    if step.on_completion is not None and step.on_failure is not None:
        yield f"{path}.on_failure: goes with on_success, not with on_completion"
    match step.command:
        case Manual():
            yield from _manual(playbook, step, path)
        case SocAction() as command:
            if step.timeout is None:
                yield f"{path}.timeout: missing; every attempt has a deadline"
            yield from _effect(playbook, step_id, step, path)
            yield from _command(playbook, command, f"{path}.commands.0")


def _manual(playbook: Playbook, step: ActionStep, path: str) -> Iterator[str]:
    if step.run.approval is None:
        yield f"{path}: a manual step says in its extension what is approved, by whom, until when"
        return
    approved = playbook.workflow.get(step.run.approval.step)
    if not isinstance(approved, ActionStep) or not isinstance(approved.command, SocAction):
        yield f"{path}: approval.step {step.run.approval.step} is no step with a soc-action"


def _effect(playbook: Playbook, step_id: str, step: ActionStep, path: str) -> Iterator[str]:
    effect = step.run.side_effect
    outside = effect in {SideEffect.EXTERNAL, SideEffect.DESTRUCTIVE}
    if outside and step.run.idempotency_key is None:
        yield f"{path}: an effect outside ({effect}) needs an idempotency_key"
    asked = (s.run.approval for s in playbook.workflow.values() if isinstance(s, ActionStep))
    if effect is SideEffect.DESTRUCTIVE and not any(a is not None and a.step == step_id for a in asked):
        yield f"{path}: a destructive step needs a manual step that asks for its approval"


def _command(playbook: Playbook, command: SocAction, path: str) -> Iterator[str]:
    match command.name:
        case ActionName.ENRICH:
            for name in GIVEN:
                declared = playbook.playbook_variables.get(name)
                if declared is not None and declared.type is not GIVEN[name]:
                    yield f"playbook_variables.{name}.type: enrich gives {GIVEN[name]}"
        case ActionName.REPORT_NCSC:
            if command.args.get("tlp") not in set(Tlp):
                yield f"{path}.args.tlp: one of {', '.join(Tlp)}; a report always says how far it may travel"
