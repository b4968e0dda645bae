"""Debian's chromium, headless, for pages that this machine serves."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Page, sync_playwright

CHROMIUM = Path("/usr/bin/chromium")
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@contextmanager
def a_page(*, width: int = 1366, height: int = 768) -> Iterator[Page]:
    """Yield an empty page of the given size."""
    if not CHROMIUM.exists():
        pytest.skip("chromium is missing; Debian's package chromium brings it")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=list(FLAGS))
        page = browser.new_page(viewport={"width": width, "height": height})
        page.set_default_timeout(15_000)
        try:
            yield page
        finally:
            browser.close()
