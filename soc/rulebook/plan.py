"""Plans: what a rule means, resolved; detection and correlation know nothing else of Sigma.

A matching plan is a tree of ``And``, ``Or``, ``Not`` over tests of one field (``Test``), of the whole
event (``Keyword``) or constants. Logic is two-valued: a test of a missing field is false, except
``Null`` and ``Exists(False)``. A test holds if *any* element of an array does.
"""

from decimal import Decimal
from enum import Enum, StrEnum
from typing import TypeAlias

import msgspec

from soc.kernel.errors import Location
from soc.model.alert import Severity
from soc.model.event import LogSource
from soc.rulebook.expressions import Expression


class Wild(Enum):
    """Wildcards of Sigma strings; no texts themselves, so that a literal ``*`` never equals one."""

    ANY = 1
    """Any run of characters, empty and newlines too."""
    ONE = 2
    """Exactly one character."""


class Text(msgspec.Struct, frozen=True, tag="text"):
    """A string that must fit the whole value; ``contains x`` is (ANY, x, ANY)."""

    parts: tuple[Wild | str, ...]
    """Literals are stored as written, non-empty, never two in a row; () is the empty string."""
    cased: bool = False
    """False: compared under simple case folding."""


class Number(msgspec.Struct, frozen=True, tag="number"):
    """A number or boolean-free numeric value; equals 5, 5.0, "5"; text is compared as text first."""

    value: Decimal


class Boolean(msgspec.Struct, frozen=True, tag="boolean"):
    """true or false; equals the JSON boolean and its text in any case."""

    value: bool


class Regex(msgspec.Struct, frozen=True, tag="regex"):
    """A regular expression, searched anywhere, case-sensitive unless flagged."""

    pattern: str
    ignore_case: bool = False
    multi_line: bool = False
    dot_all: bool = False


class Cidr(msgspec.Struct, frozen=True, tag="cidr"):
    """An address inside a network; text that is no address is false."""

    network: str
    """Canonical text of an IPv4 or IPv6 network (host bits cleared)."""


class Order(StrEnum):
    """Numeric comparisons."""

    GT = "gt"
    GTE = "gte"
    LT = "lt"
    LTE = "lte"


class Compare(msgspec.Struct, frozen=True, tag="compare"):
    """Numeric comparison with a number or numeric text; anything else is false."""

    order: Order
    value: Decimal


class Null(msgspec.Struct, frozen=True, tag="null"):
    """Missing or JSON null."""


class Exists(msgspec.Struct, frozen=True, tag="exists"):
    """Present, even when empty or null (``wanted`` false: absent)."""

    wanted: bool


class Place(StrEnum):
    """Where the other field's value must stand."""

    EQUALS = "equals"
    CONTAINS = "contains"
    STARTSWITH = "startswith"
    ENDSWITH = "endswith"


class FieldRef(msgspec.Struct, frozen=True, tag="fieldref"):
    """Comparison with another field of the same event; both missing is false."""

    field: str
    place: Place = Place.EQUALS
    cased: bool = False


class TimePart(msgspec.Struct, frozen=True, tag="timepart"):
    """A part of a timestamp field equals or compares with a number."""

    part: str
    """minute, hour, day, week (ISO), month, year."""
    order: Order | None
    """None: equals."""
    value: Decimal


Pattern: TypeAlias = Text | Number | Boolean | Regex | Cidr | Compare | Null | Exists | FieldRef | TimePart


class Test(msgspec.Struct, frozen=True, tag="test"):
    """One pattern on one field (dots walk nested objects; the literal dotted name also counts)."""

    field: str
    pattern: Pattern


class Keyword(msgspec.Struct, frozen=True, tag="keyword"):
    """A pattern anywhere in any value of the event (or in a quarantined record's raw text).

    Text is matched as a substring: the plan already carries the surrounding ANYs.
    """

    pattern: Text | Regex


class And(msgspec.Struct, frozen=True, tag="and"):
    """All of."""

    nodes: tuple["Node", ...]


class Or(msgspec.Struct, frozen=True, tag="or"):
    """Any of."""

    nodes: tuple["Node", ...]


class Not(msgspec.Struct, frozen=True, tag="not"):
    """Negation, two-valued."""

    node: "Node"


class Constant(msgspec.Struct, frozen=True, tag="constant"):
    """Always or never."""

    value: bool


Node: TypeAlias = And | Or | Not | Test | Keyword | Constant


class Custom(msgspec.Struct, frozen=True):
    """Our top-level ``custom`` mapping."""

    scope: str = "agency"
    """``agency`` or ``province``."""
    zone: str | None = None
    """Zone of bounded windows."""
    group_by: tuple[str, ...] | None = None
    """Plain rules: instead of the first entity field."""
    timespan_ms: int | None = None
    """Plain rules: instead of one hour."""


class Heading(msgspec.Struct, frozen=True):
    """What people read about a rule."""

    id: str
    """The rule's id; its name if it has none; else its place."""
    name: str | None
    title: str
    level: Severity
    description: str
    author: str
    tags: tuple[str, ...]
    falsepositives: tuple[str, ...]
    location: Location
    text: str
    """The rule as written, for the alert page."""
    licence: str = ""
    """Its own, else that of the package it came in; empty for rules of the house."""


class RulePlan(msgspec.Struct, frozen=True):
    """A single-event rule, pipelines and filters applied."""

    heading: Heading
    logsource: LogSource
    condition: Node
    fields: frozenset[str]
    """Fields that the condition reads."""
    custom: Custom
    version: str
    """Hash of the resolved plan (condition, log source, custom)."""
    routed: bool = True
    """False: its log source is known to no mapping, so it is tried on every event."""

    @property
    def id(self) -> str:
        """Return the rule id."""
        return self.heading.id


class CorrelationType(StrEnum):
    """Sigma correlation types, with the median."""

    EVENT_COUNT = "event_count"
    VALUE_COUNT = "value_count"
    VALUE_SUM = "value_sum"
    VALUE_AVG = "value_avg"
    VALUE_MEDIAN = "value_median"
    VALUE_PERCENTILE = "value_percentile"
    TEMPORAL = "temporal"
    TEMPORAL_ORDERED = "temporal_ordered"


class Operator(StrEnum):
    """Operators of a correlation condition."""

    GT = "gt"
    GTE = "gte"
    LT = "lt"
    LTE = "lte"
    EQ = "eq"
    NEQ = "neq"


class CorrelationPlan(msgspec.Struct, frozen=True):
    """A correlation, its references resolved to rule ids.

    A plain rule that is not silent has one too: ``event_count gte 1`` over itself (HOUSE idea 5).
    """

    heading: Heading
    type: CorrelationType
    rules: tuple[str, ...]
    """Rule ids as listed (temporal_ordered may repeat one)."""
    group_by: tuple[str, ...]
    timespan_ms: int
    operators: tuple[tuple[Operator, Decimal], ...]
    """ANDed; empty for temporal types without a condition and for expressions."""
    expression: Expression | None
    fields: tuple[str, ...]
    """``condition.field``."""
    percentile: Decimal | None
    aliases: tuple[tuple[str, tuple[tuple[str, str], ...]], ...]
    """(group-by name, ((rule id, field), …))."""
    custom: Custom
    silent: bool
    """Raises no alert of its own."""
    implicit: bool
    """The correlation of a plain rule."""
    version: str
    implicit_entities: tuple[str, ...] = ()
    """Implicit only: candidate entity fields; a signal groups by the first it has (none: one group)."""

    @property
    def id(self) -> str:
        """Return the rule id."""
        return self.heading.id

    @property
    def province(self) -> bool:
        """Return whether agencies are joined."""
        return self.custom.scope == "province"


class Rulebook(msgspec.Struct, frozen=True):
    """Everything loaded, ready for detection and correlation."""

    rules: tuple[RulePlan, ...]
    correlations: tuple[CorrelationPlan, ...]
    """In topological order: a referenced rule comes before its parent. Implicit ones included."""
    errors: tuple[str, ...]
    """Located, in file order; the rejected rules are not in ``rules``."""
    warnings: tuple[str, ...]
    hash: str
    """Of all versions together; named in ``ConfigActivated``."""
