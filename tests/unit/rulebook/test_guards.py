"""Conditions of a step are joined as it says."""

import pytest
from support.pipelines import book_under
from support.rulings import rule_text

RULE = rule_text("{s: {a: v}, condition: s}", logsource={"product": "windows"})


@pytest.mark.parametrize(
    ("joined", "holds"),
    [
        ("rule_cond_op: or", True),
        ("rule_cond_op: and", False),
        ("rule_cond_op: or, rule_cond_not: true", False),
        ("rule_cond_expr: yes-1 and not no_1", True),
        ("rule_cond_expr: no_1 or (yes-1 and no_1)", False),
    ],
)
def test_conditions_are_joined_as_the_step_says(joined: str, holds: bool) -> None:
    conditions = "{yes-1: {type: logsource, product: windows}, no_1: {type: contains_field, field: zz}}"
    step = f"{{type: rule_failure, message: met, rule_conditions: {conditions}, {joined}}}"
    assert bool(book_under(RULE, step).errors) is holds
