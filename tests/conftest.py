"""Corpora, profiles and the rule that continuous integration skips nothing."""

import os
from collections.abc import Generator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

ROOT = Path(__file__).resolve().parent.parent
settings.register_profile(
    "fast", max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile("deep", max_examples=2000, deadline=None)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "fast"))


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--skip-nothing", action="store_true", help="a skipped test is a failure")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if report.skipped and item.config.getoption("--skip-nothing"):
        report.outcome = "failed"
    return report


@pytest.fixture(scope="session")
def corpora() -> Path:
    """The public corpora, or a skip that says what brings them."""
    folder = (ROOT / os.environ.get("SOC_CORPORA", "../shared/corpora")).resolve()
    if not folder.is_dir():
        pytest.skip(f"public corpora are not at {folder}; set SOC_CORPORA")
    return folder
