"""A rule written a little differently, compiled like any other: to name its parts, to try it without one."""

from collections.abc import Mapping
from typing import Any

import yaml

from soc.kernel.errors import Location
from soc.rulebook.documents import Document, RuleFile, documents
from soc.rulebook.load import load
from soc.rulebook.plan import And, Constant, Keyword, Node, Not, Or, Test


def document_at(file: RuleFile, location: Location) -> Document | None:
    """Return the document of *file* that begins at *location*."""
    found, _ = documents(file)
    return next((document for document in found if document.location() == location), None)


def condition_of(data: Mapping[str, Any]) -> Node | None:
    """Return the condition that a rule of *data* has before any filter; None if there can be no such rule."""
    text = yaml.safe_dump(dict(data), allow_unicode=True, sort_keys=False)
    book = load([RuleFile("variant.yml", text)], known=lambda _: True, entities=lambda _: ())
    return book.rules[0].condition if book.rules else None


def selection_names(document: Document) -> dict[Node, str]:
    """Return what the rule of *document* calls the parts of its condition."""
    names: dict[Node, str] = {}
    detection = document.data.get("detection")
    for name, body in detection.items() if isinstance(detection, dict) else ():
        if name in {"condition", "timeframe"}:
            continue
        node = condition_of({**document.data, "detection": {name: body, "condition": str(name)}})
        if node is not None:
            names[node] = f"{names[node]}, {name}" if node in names else str(name)
    return names


def replaced(tree: Node, old: Node, new: Node) -> Node:
    """Return *tree* with *new* wherever *old* stands: what filters have laid around it stays."""
    if tree == old:
        return new
    match tree:
        case And(nodes):
            return And(tuple(replaced(node, old, new) for node in nodes))
        case Or(nodes):
            return Or(tuple(replaced(node, old, new) for node in nodes))
        case Not(node):
            return Not(replaced(node, old, new))
        case Test() | Keyword() | Constant():
            return tree
