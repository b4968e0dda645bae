"""Each import contract refuses what it is for: one forbidden import at a time, in a copy of the tree."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FORBIDDEN = [
    ("soc/kernel/ids.py", "import soc.model.event", "Floors"),
    ("soc/alerts/lifecycle.py", "import soc.correlation.engine", "Floors"),
    ("soc/parsing/parse.py", "import asyncio", "The core is pure"),
    ("soc/detection/engine.py", "import sigma.rule", "Only rulebook imports pySigma"),
    ("soc/pipeline/watch.py", "import sqlite3", "Only stores speak SQL or Elasticsearch"),
    ("collectors/agent.py", "import soc.parsing.parse", "Collectors take only spool, wire, model and kernel"),
    ("soc/drills/stage.py", "import collectors.agent", "The centre never imports collectors"),
    ("soc/ncsc_stub/cli.py", "import soc.kernel.ids", "The stub imports nothing of ours"),
    ("soc/ncsc/client.py", "import soc.ncsc_stub.cli", "Nothing of ours imports the stub"),
    ("soc/spool/codec.py", "import soc.ports.log", "Floors"),
    ("soc/model/episode.py", "if False:\n    import soc.ledger.fact", "Floors"),
]


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("house")
    for name in ("soc", "collectors"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", folder)
    return folder


def verdict(folder: Path) -> str:
    lint = Path(sys.executable).parent / "lint-imports"
    shown = subprocess.run(
        [lint, "--no-cache"],
        cwd=folder,
        env={"PYTHONPATH": str(folder), "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=False,
    )
    return shown.stdout


@pytest.mark.timeout(120)
def test_the_house_keeps_its_contracts(copy: Path) -> None:
    assert "0 broken" in verdict(copy)


@pytest.mark.timeout(120)
@pytest.mark.parametrize(
    ("module", "line", "contract"), FORBIDDEN, ids=[f"{m}: {c}" for m, _, c in FORBIDDEN]
)
def test_a_forbidden_import_breaks_its_contract(copy: Path, module: str, line: str, contract: str) -> None:
    path = copy / module
    text = path.read_text(encoding="utf-8")
    path.write_text(text + f"\n{line}\n", encoding="utf-8")
    try:
        assert f"{contract} BROKEN" in verdict(copy)
    finally:
        path.write_text(text, encoding="utf-8")
