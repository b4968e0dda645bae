"""How the conditions of a pipeline step are joined: and, or, not, or an expression over their names."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar, assert_never

from soc.rulebook.conditions import Both, Condition, Either, Of, Ref, Without, parse_condition
from soc.rulebook.documents import Fault, nearest
from soc.rulebook.specs import Spec

Test = TypeVar("Test")


@dataclass(frozen=True, slots=True)
class Guard(Generic[Test]):
    """Tests and how they are joined; without tests it always holds."""

    tests: Mapping[str, Test]
    tree: Condition
    negated: bool

    def holds(self, ask: Callable[[Test], bool]) -> bool:
        """Return whether the guard holds if *ask* is put to each test."""
        return not self.tests or self._value(self.tree, ask) != self.negated

    def _value(self, tree: Condition, ask: Callable[[Test], bool]) -> bool:
        match tree:
            case Ref(name):
                return ask(self.tests[name])
            case Both(parts):
                return all(self._value(part, ask) for part in parts)
            case Either(parts):
                return any(self._value(part, ask) for part in parts)
            case Without(part):
                return not self._value(part, ask)
            case Of(every, _):
                values = [ask(test) for test in self.tests.values()]
                return all(values) if every else any(values)
            case _:
                assert_never(tree)


def read_guard(spec: Spec, prefix: str, readers: Mapping[str, Callable[[Spec], Test]]) -> Guard[Test]:
    """Return the conditions ``<prefix>_conditions`` of a step.

    Raises:
        Fault: one is unknown or wrong, or they are joined in two ways.
    """
    key = f"{prefix}_conditions"
    given = spec.raw(key, [])
    named = dict(enumerate(given)) if isinstance(given, list) else given
    if not isinstance(named, dict):
        raise spec.fault(key, "a list of conditions, or a mapping of names to them")
    tests = {str(name): _test(Spec(body, (*spec.keys, key, name)), readers) for name, body in named.items()}
    negated = spec.flag(f"{prefix}_cond_not")
    if negated and not tests:
        raise Fault(f"{prefix}_cond_not without {key}", *spec.keys, f"{prefix}_cond_not")
    return Guard(tests, _tree(spec, prefix, tests), negated)


def guard_keys(prefix: str) -> tuple[str, ...]:
    """Return the keys of a step that ``read_guard`` reads."""
    return tuple(f"{prefix}_{end}" for end in ("conditions", "cond_op", "cond_not", "cond_expr"))


def _test(spec: Spec, readers: Mapping[str, Callable[[Spec], Test]]) -> Test:
    return readers[spec.choice("type", readers)](spec)


def _tree(spec: Spec, prefix: str, tests: Mapping[str, object]) -> Condition:
    key = f"{prefix}_cond_expr"
    text = spec.text(key, "")
    if not text:
        return Of(spec.choice(f"{prefix}_cond_op", ("and", "or"), "and") == "and", "them")
    if f"{prefix}_cond_op" in spec.data:
        raise Fault(f"{key} and {prefix}_cond_op exclude each other", *spec.keys, key)
    try:
        tree = parse_condition(text)
        _check_names(tree, tests)
    except Fault as fault:
        raise fault.under((*spec.keys, key)) from fault
    return tree


def _check_names(tree: Condition, tests: Mapping[str, object]) -> None:
    match tree:
        case Ref(name):
            if name not in tests:
                raise Fault(f"no condition is called {name!r}", fix=nearest(name, tests))
        case Of(_, pattern):
            raise Fault(f"'of {pattern}' is for rules", fix="name each condition")
        case Without(part):
            _check_names(part, tests)
        case Both(parts) | Either(parts):
            for part in parts:
                _check_names(part, tests)
        case _:
            assert_never(tree)
