"""Which ATT&CK techniques the rules speak of, by their tags; also as a layer for the ATT&CK Navigator."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from soc.rulebook.plan import CorrelationPlan, Rulebook, RulePlan

LAYER_VERSION = "4.5"
MAX_TITLES = 20
"""Titles in the comment of one technique."""


class Technique(msgspec.Struct, frozen=True):
    """One technique and the rules that name it."""

    id: str
    """``T1110`` or ``T1110.001``."""
    tactics: tuple[str, ...]
    """Tactics that these rules name, as ATT&CK writes them: ``credential-access``."""
    titles: tuple[str, ...]
    """Of the rules, in their order."""
    silent: int
    """How many of them raise no alert of their own."""


class Coverage(msgspec.Struct, frozen=True):
    """What a set of rules covers."""

    techniques: tuple[Technique, ...]
    """By id."""
    rules: int
    untagged: tuple[str, ...]
    """Titles of rules that name no technique."""
    silent: tuple[str, ...]
    """Titles of rules that only feed correlations."""
    unrouted: tuple[str, ...]
    """Titles of rules whose log source no mapping knows."""


def coverage(book: Rulebook) -> Coverage:
    """Return what the rules and the correlations that somebody wrote cover."""
    loud = {plan.id for plan in book.correlations if not plan.silent}
    plans: list[RulePlan | CorrelationPlan] = list(book.rules)
    plans += [plan for plan in book.correlations if not plan.implicit]
    by_technique: dict[str, list[RulePlan | CorrelationPlan]] = {}
    for plan in plans:
        for technique in _techniques(plan):
            by_technique.setdefault(technique, []).append(plan)
    return Coverage(
        techniques=tuple(_covered(id_, found, loud) for id_, found in sorted(by_technique.items())),
        rules=len(plans),
        untagged=tuple(plan.heading.title for plan in plans if not _techniques(plan)),
        silent=tuple(plan.heading.title for plan in plans if plan.id not in loud),
        unrouted=tuple(rule.heading.title for rule in book.rules if not rule.routed),
    )


def by_tactic(found: Coverage) -> Iterator[tuple[str, Technique]]:
    """Yield each technique under each tactic that its rules name (empty: they name none), in order."""
    rows = [(tactic, item) for item in found.techniques for tactic in item.tactics or ("",)]
    yield from sorted(rows, key=lambda row: (row[0], row[1].id))


def navigator_layer(found: Coverage, name: str) -> Mapping[str, Any]:
    """Return the layer file of the ATT&CK Navigator: the score of a technique is its number of rules."""
    highest = max((len(item.titles) for item in found.techniques), default=1)
    return {
        "name": name,
        "versions": {"layer": LAYER_VERSION},
        "domain": "enterprise-attack",
        "description": f"{found.rules} rules, {len(found.silent)} of them only feed correlations",
        "techniques": [_entry(item) for item in found.techniques],
        "gradient": {"colors": ["#ffffff", "#66b1ff"], "minValue": 0, "maxValue": highest},
        "showTacticRowBackground": False,
        "selectTechniquesAcrossTactics": True,
        "selectSubtechniquesWithParent": False,
        "hideDisabled": False,
    }


def _entry(item: Technique) -> dict[str, Any]:
    more = len(item.titles) - MAX_TITLES
    titles = [*item.titles[:MAX_TITLES], *([f"… {more} more"] if more > 0 else [])]
    return {
        "techniqueID": item.id,
        "score": len(item.titles),
        "comment": "\n".join(titles),
        "enabled": True,
        "showSubtechniques": "." in item.id,
        "metadata": [{"name": "only feed correlations", "value": str(item.silent)}],
    }


def _covered(id_: str, plans: list[RulePlan | CorrelationPlan], loud: set[str]) -> Technique:
    tactics = {
        tag.removeprefix("attack.") for plan in plans for tag in plan.heading.tags if _TACTIC.fullmatch(tag)
    }
    return Technique(
        id=id_,
        tactics=tuple(sorted(tactics)),
        titles=tuple(plan.heading.title for plan in plans),
        silent=sum(plan.id not in loud for plan in plans),
    )


def _techniques(plan: RulePlan | CorrelationPlan) -> set[str]:
    tags = (tag.lower() for tag in plan.heading.tags)
    return {tag.removeprefix("attack.").upper() for tag in tags if _TECHNIQUE.fullmatch(tag)}


_TECHNIQUE = re.compile(r"attack\.t[0-9]{4}(?:\.[0-9]{3})?")
_TACTIC = re.compile(r"attack\.[a-z]+(?:-[a-z]+)*")
