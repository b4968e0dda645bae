"""A rule written a little differently, compiled like any other: to name its parts, to try it without one."""

from collections.abc import Mapping, Sequence
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


class Variants:
    """Compiles variants of the rules of one set, under the pipelines of that set."""

    def __init__(self, pipelines: Sequence[RuleFile] = ()) -> None:
        """Let the files *pipelines* work on every variant as they do on the rule it is of."""
        self._pipelines = pipelines

    def condition(self, document: Document, data: Mapping[str, Any]) -> Node | None:
        """Return what the condition of *document*'s rule would be if it said *data*, before filters.

        None: there can be no such rule.
        """
        text = yaml.safe_dump(dict(data), allow_unicode=True, sort_keys=False)
        book = load(
            [RuleFile(document.file.path, text)],
            known=lambda _: True,
            entities=lambda _: (),
            pipelines=self._pipelines,
        )
        return book.rules[0].condition if book.rules else None

    def names(self, document: Document) -> dict[Node, str]:
        """Return what the rule of *document* calls the parts of its condition."""
        names: dict[Node, str] = {}
        detection = document.data.get("detection")
        for name, body in detection.items() if isinstance(detection, dict) else ():
            if name == "condition":
                continue
            alone = {**document.data, "detection": {name: body, "condition": str(name)}}
            node = self.condition(document, alone)
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
