"""Screenshots of the console's pages in both languages, from a demo that stays up while they are taken."""

import asyncio
import sys
import tempfile
from pathlib import Path

from support.browser import a_page

from soc.drills.scenario import load_scenario
from soc.drills.show import SITES, Show, house_content
from soc.drills.stage import set_stage
from soc.kernel.clock import SystemClock

OUT = Path(__file__).resolve().parents[2] / "deploy" / "screenshots"
PAGES = ("alerts", "approvals", "collectors", "events", "overview")


def shoot(console_url: str, token: str, folder: Path) -> None:
    """Sign in and take each page in Vietnamese and English."""
    folder.mkdir(parents=True, exist_ok=True)
    with a_page() as page:
        page.goto(f"{console_url}/sign-in/once#{token}")
        page.locator("#once button:focus").wait_for()
        page.keyboard.press("Enter")
        page.wait_for_url("**/alerts")
        for language in ("vi", "en"):
            page.goto(f"{console_url}/language/{language}")
            for name in PAGES:
                page.goto(f"{console_url}/{name}")
                page.screenshot(path=str(folder / f"{name}-{language}.png"))
            page.goto(f"{console_url}/alerts")
            page.locator("[data-row] a").first.click()
            page.wait_for_url("**/alerts/*")
            page.screenshot(path=str(folder / f"alert-{language}.png"), full_page=True)


async def main(folder: Path) -> None:
    """Play the demo and take the pages."""
    scenario = load_scenario(house_content() / "deploy" / "examples" / "scenarios" / "demo.yaml")
    with tempfile.TemporaryDirectory() as temporary:
        async with set_stage(Path(temporary), SITES, house_content()) as stage:
            await Show(stage, scenario, SystemClock(), print).perform()
            token = await stage.sign_in_token("an", "lead")
            await asyncio.to_thread(shoot, stage.console_url, token, folder)


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]) if len(sys.argv) > 1 else OUT))
