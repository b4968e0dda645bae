"""Processing pipelines in pySigma's YAML: files of steps that change rules before they are compiled.

A pipeline lives in a folder ``pipelines`` and works on every rule beside that folder and below; those that
work on one rule do so by priority, then path, and share their ``vars``.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePath

from soc.kernel.errors import RuleError
from soc.rulebook.documents import Document, Fault, RuleFile, documents
from soc.rulebook.specs import Spec
from soc.rulebook.steps import Step, read_steps, stepped
from soc.rulebook.subjects import Subject
from soc.rulebook.values import Placeholders

_KEYS = {"name", "priority", "vars", "transformations", "postprocessing", "finalizers", "allowed_backends"}


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
    for pipeline in chosen:
        subject = stepped(subject, pipeline.steps, values)
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
    return Pipeline(
        path=document.file.path,
        priority=priority,
        vars=_vars(Spec(spec.raw("vars", {}), ("vars",))),
        steps=read_steps(document, spec.raw("transformations", []), ("transformations",)),
    )


def _vars(spec: Spec) -> Placeholders:
    found: dict[str, tuple[str, ...]] = {}
    for name, value in spec.data.items():
        values = value if isinstance(value, list) else [value]
        if not values or not all(isinstance(one, str | int | float) for one in values):
            raise spec.fault(str(name), "a text or number, or a list of them")
        found[str(name)] = tuple(map(str, values))
    return found
