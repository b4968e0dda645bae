"""Playbooks as people write them: a subset of CACAO 2.0 in YAML with the same keys.

Steps are start, end, action and if-condition; a command is ``soc-action`` (done by this program) or
``manual`` (a person's approval). What CACAO lacks, deadline of the run, trigger, retries, approval and
side effects, stands in its extension point under ``SOC_EXEC``. All durations are milliseconds.
"""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Final, Literal, TypeAlias

import msgspec
from pydantic import BaseModel, ConfigDict, Field

from soc.kernel.ids import digest
from soc.model.alert import Severity

SOC_EXEC: Final = "extension-definition--4f8e3a0c-6f0e-4a55-9d0b-1f2f4b7a9c3e"
MAX_STEPS = 100
Value: TypeAlias = bool | int | str
_UUID = r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
StepId = Annotated[str, Field(pattern=rf"^(start|end|action|if-condition)--{_UUID}$")]
Variable = Annotated[str, Field(pattern=r"^__[a-z][a-z0-9_]{0,60}__$")]
Milliseconds = Annotated[int, Field(gt=0, le=30 * 86_400_000)]
Text = Annotated[str, Field(max_length=4000)]


class _Written(BaseModel):
    """Anything in the file: an unknown key is a fault."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=False)


class VariableType(StrEnum):
    """Types of variables."""

    STRING = "string"
    INTEGER = "integer"
    BOOLEAN = "bool"


class Declared(_Written):
    """One variable; without a value a step has to give it one."""

    type: VariableType
    description: Text = ""
    value: Value | None = None


class SideEffect(StrEnum):
    """What a step does to the world."""

    NONE = "none"
    INTERNAL = "internal"
    EXTERNAL = "external"
    DESTRUCTIVE = "destructive"


class Tlp(StrEnum):
    """How far what is sent may travel (TLP 2.0)."""

    CLEAR = "clear"
    GREEN = "green"
    AMBER = "amber"
    AMBER_STRICT = "amber+strict"


class Retry(_Written):
    """How often a failed attempt is made again; each wait is twice the last."""

    max_attempts: Annotated[int, Field(ge=1, le=20)] = 1
    backoff: Milliseconds = 1000


class Approval(_Written):
    """Whom a manual step asks, about which step, for how long."""

    step: StepId
    roles: Annotated[tuple[str, ...], Field(min_length=1)]
    expires: Milliseconds


class StepExec(_Written):
    """How this program carries a step out."""

    side_effect: SideEffect = SideEffect.NONE
    idempotency_key: Literal["run-step"] | None = None
    """The same for every attempt of one step in one run."""
    retry: Retry = Retry()
    approval: Approval | None = None
    """Of a manual step."""


class StepExtensions(_Written):
    """Extension point of a step."""

    run: StepExec = Field(StepExec(), alias=SOC_EXEC)


class ActionName(StrEnum):
    """What a ``soc-action`` can do."""

    ENRICH = "enrich"
    """Fill variables from the alert."""
    REPORT_NCSC = "report_ncsc"
    """Report to the national centre; done when its receipt is here."""


class SocAction(_Written):
    """A command that this program carries out."""

    type: Literal["soc-action"]
    name: ActionName
    args: dict[Annotated[str, Field(pattern=r"^[a-z_]{1,40}$")], Text] = {}


class Manual(_Written):
    """A command that a person carries out: here, approving."""

    type: Literal["manual"]
    command: Text
    """What the person is asked."""


class _Step(_Written):
    name: Text = ""
    description: Text = ""


class StartStep(_Step):
    """Where a run begins."""

    type: Literal["start"]
    on_completion: StepId


class EndStep(_Step):
    """Where a run ends."""

    type: Literal["end"]


class ActionStep(_Step):
    """One command."""

    type: Literal["action"]
    commands: tuple[Annotated[SocAction | Manual, Field(discriminator="type")]]
    """Exactly one: what failed is then the step."""
    timeout: Milliseconds | None = None
    """Of one attempt; for a report until its receipt."""
    on_completion: StepId | None = None
    on_success: StepId | None = None
    on_failure: StepId | None = None
    step_extensions: StepExtensions = StepExtensions.model_validate({})

    @property
    def command(self) -> SocAction | Manual:
        """Return the one command."""
        return self.commands[0]

    @property
    def run(self) -> StepExec:
        """Return how it is carried out."""
        return self.step_extensions.run


class IfStep(_Step):
    """Two ways."""

    type: Literal["if-condition"]
    condition: Annotated[str, Field(max_length=1000)]
    on_true: StepId
    on_false: StepId


Step: TypeAlias = StartStep | EndStep | ActionStep | IfStep


class Trigger(_Written):
    """Which alerts start a run: of one of these rules (empty: any) and at least this severe."""

    rules: tuple[str, ...] = ()
    min_level: Severity = Severity.INFORMATIONAL

    def fires(self, rule_id: str, level: Severity) -> bool:
        """Return whether an alert of *rule_id* and *level* starts a run."""
        return (not self.rules or rule_id in self.rules) and level.rank >= self.min_level.rank


class PlaybookExec(_Written):
    """How this program carries the playbook out."""

    trigger: Trigger
    timeout: Milliseconds
    """Of the whole run."""


class PlaybookExtensions(_Written):
    """Extension point of the playbook."""

    run: PlaybookExec = Field(alias=SOC_EXEC)


class Playbook(_Written):
    """One playbook."""

    type: Literal["playbook"]
    spec_version: Literal["cacao-2.0"]
    id: Annotated[str, Field(pattern=rf"^playbook--{_UUID}$")]
    name: Text
    description: Text = ""
    created_by: Annotated[str, Field(pattern=rf"^identity--{_UUID}$")]
    created: datetime
    modified: datetime
    workflow_start: StepId
    workflow_exception: StepId | None = None
    playbook_variables: dict[Variable, Declared] = {}
    workflow: Annotated[
        dict[StepId, Annotated[Step, Field(discriminator="type")]], Field(max_length=MAX_STEPS)
    ]
    playbook_extensions: PlaybookExtensions

    @property
    def run(self) -> PlaybookExec:
        """Return how it is carried out."""
        return self.playbook_extensions.run

    @property
    def version(self) -> str:
        """Return the hash of all that it says: a run keeps to the version it began with."""
        said = self.model_dump(mode="json", by_alias=True)
        return digest("playbook", msgspec.json.encode(said, order="sorted"))

    def initial(self) -> dict[str, Value]:
        """Return the variables that have a value from the start."""
        return {name: v.value for name, v in self.playbook_variables.items() if v.value is not None}

    def after_failure(self, step: ActionStep) -> str | None:
        """Return where a run goes when *step* failed for good; None: it ends."""
        return step.on_failure or self.workflow_exception
