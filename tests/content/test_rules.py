"""Every rule of the house is good, has cases beside it, and its cases hold."""

from pathlib import Path

import pytest

from soc.app.content import house_mappings, read_content
from soc.cli.case_files import read_cases
from soc.cli.rule_cases import failures
from soc.cli.rules_mutate import unnoticed
from soc.rulebook.variants import Variants

RULES = Path(__file__).resolve().parents[2] / "rules"
FILES = sorted(
    path
    for path in RULES.rglob("*.yml")
    if "mappings" not in path.parts and not path.name.endswith(".cases.yaml")
)
CONTENT = read_content([RULES], house_mappings())


def test_every_rule_loads_without_fault_or_warning() -> None:
    assert (CONTENT.rulebook.errors, CONTENT.rulebook.warnings) == ((), ())


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_rule_has_cases_that_fire_and_cases_that_stay_silent(path: Path) -> None:
    (file,) = read_cases([path])
    stories = file.cases.sequences
    assert file.cases.match or any(story.episodes for story in stories)
    assert file.cases.no_match or any(story.episodes == 0 for story in stories)
    assert list(failures([file], CONTENT)) == []


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_analysts_read_the_rule_in_vietnamese(path: Path) -> None:
    headings = [rule.heading for rule in CONTENT.rulebook.rules]
    headings += [plan.heading for plan in CONTENT.rulebook.correlations]
    heading = next(found for found in headings if found.location.path == str(path))
    assert any(char in "ăâđêôơưạảấầẩẫậắằẳẵặẹẻẽếềểễệỉịọỏốồổỗộớờởỡợụủứừửữựỳỵỷỹ" for char in heading.description)
    assert heading.author
    assert heading.tags


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_no_part_of_a_rule_could_be_left_out_unnoticed(path: Path) -> None:
    (file,) = read_cases([path])
    assert list(unnoticed(file, CONTENT, Variants(), values=True)) == []
