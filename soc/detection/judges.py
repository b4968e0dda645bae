"""What all lanes and sieves of an engine share."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from soc.detection.atoms import Atoms
from soc.detection.field import FieldAtoms
from soc.detection.keywords import Keywords
from soc.detection.memory import Room
from soc.detection.program import Index, Lowered
from soc.detection.scanner import Databases
from soc.detection.words import Words


@dataclass(frozen=True, slots=True)
class Judges:
    """The compiled patterns, and where they remember."""

    atoms: Atoms
    fields: Mapping[str, FieldAtoms]
    keywords: Keywords
    find_candidates: Index
    room: Room
    words: Words
    databases: Databases
    for_text: Sequence[Lowered]
    """What is left of the rules with keywords for a text without fields."""
