"""The house rules that a tool can check: sizes, docstrings, mirrors, words."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SOURCES = sorted([*ROOT.glob("soc/**/*.py"), *ROOT.glob("collectors/**/*.py")])
MAX_MODULE_LINES = 300
MAX_FUNCTION_LINES = 50
FORBIDDEN_NAMES = {"utils", "helpers", "common", "base", "misc", "manager"}
TOP = {"soc", "rules", "collectors", "playbooks", "deploy", "tests"}

modules = pytest.mark.parametrize("path", SOURCES, ids=lambda p: str(p.relative_to(ROOT)))


@modules
def test_a_module_is_short_and_names_its_idea(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert text.count("\n") <= MAX_MODULE_LINES
    assert ast.get_docstring(ast.parse(text)), "the module's docstring names its idea"
    assert path.stem not in FORBIDDEN_NAMES


@modules
def test_a_function_does_one_step(path: Path) -> None:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            lines = (node.end_lineno or node.lineno) - node.lineno + 1
            assert lines <= MAX_FUNCTION_LINES, f"{node.name} has {lines} lines"


@modules
def test_a_package_file_holds_no_logic(path: Path) -> None:
    if path.name != "__init__.py" or path.parent.name == "cli":
        return
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        docstring = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        exported = isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "__all__"
        assert docstring or exported or isinstance(node, ast.ImportFrom), ast.dump(node)[:80]


def test_everything_is_caught_in_one_place_only() -> None:
    found = [
        str(path.relative_to(ROOT))
        for path in SOURCES
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.ExceptHandler)
        and (node.type is None or (isinstance(node.type, ast.Name) and node.type.id == "Exception"))
    ]
    assert found == ["soc/pipeline/supervise.py"]


@pytest.mark.parametrize("folder", sorted(TOP))
def test_each_top_folder_says_what_belongs_there(folder: str) -> None:
    assert (ROOT / folder / "README.md").is_file()


def test_nothing_else_stands_at_the_top() -> None:
    ignored = {line.strip("/\n") for line in (ROOT / ".gitignore").read_text().splitlines()}
    folders = {p.name for p in ROOT.iterdir() if p.is_dir() and not p.name.startswith(".")}
    folders -= {name for name in folders if name in ignored or name.endswith(".egg-info")}
    assert folders == TOP
