"""An analyst without a mouse: signs in once, sees the alert arrive, acknowledges, comments, closes."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page
from support.browser import a_page
from support.system import System, eventually

pytestmark = pytest.mark.timeout(150)


@pytest.fixture
def system(tmp_path: Path) -> Iterator[System]:
    system = System(tmp_path)
    try:
        system.start_centre()
        system.enrol()
        system.start_collector()
        yield system
    finally:
        system.stop_all()


def says(system: System, *lines: str) -> None:
    with system.lines.open("a") as file:
        for line in lines:
            file.write(f"Nov 24 08:00:00 host app[1]: marker {line}\n")


def signed_in(page: Page, system: System, role: str = "lead") -> list[str]:
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("console", lambda message: faults.append(message.text) if message.type == "error" else None)
    page.goto(system.say("sign-in", {"name": "an", "role": role, "agency": "so-y-te"})["url"])
    page.locator("#once button:focus").wait_for()
    page.keyboard.press("Enter")
    page.wait_for_url("**/alerts")
    return faults


def test_an_alert_is_worked_from_arrival_to_close_by_keyboard_alone(system: System) -> None:
    with a_page() as page:
        faults = signed_in(page, system)
        assert page.get_by_text("Không có cảnh báo nào đang mở.").is_visible()
        says(system, "<script>alert(1)</script>")
        page.locator("#fresh").wait_for(state="visible")
        page.keyboard.press("r")
        page.locator("[data-row]").wait_for()
        page.keyboard.press("j")
        page.keyboard.press("a")
        page.get_by_text("đã tiếp nhận").wait_for()
        page.keyboard.press("j")
        page.keyboard.press("Enter")
        page.wait_for_url("**/alerts/*")
        page.keyboard.press("m")
        page.keyboard.type("đã gọi cho sở")
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        page.locator("blockquote").wait_for()
        page.keyboard.press("c")
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        page.get_by_text("đã đóng").first.wait_for()
        assert "an" in page.locator(".history").inner_text()
        page.locator("summary", has_text="dòng gốc").first.click()
        assert "<script>alert(1)</script>" in page.locator("pre").first.inner_text()
        assert faults == []


def test_a_one_time_link_works_once(system: System) -> None:
    url = system.say("sign-in", {"name": "an", "role": "analyst"})["url"]
    with a_page() as page:
        page.goto(url)
        page.locator("#once button:focus").wait_for()
        page.keyboard.press("Enter")
        page.wait_for_url("**/alerts")
        page.context.clear_cookies()
        page.goto("about:blank")
        page.goto(url)
        page.locator("#once button:focus").wait_for()
        page.keyboard.press("Enter")
        page.get_by_role("alert").wait_for()


def test_the_same_page_speaks_english(system: System) -> None:
    with a_page() as page:
        signed_in(page, system)
        page.get_by_text("English").click()
        page.get_by_text("Nothing is open.").wait_for()


def test_a_viewer_sees_and_may_not_act(system: System) -> None:
    says(system, "one")
    eventually(lambda: system.account().get("stored", 0) == 1, within_s=20, what="the line is stored")
    with a_page() as page:
        signed_in(page, system, role="viewer")
        page.reload()
        page.locator("[data-row] a").wait_for()
        page.locator("[data-row] a").click()
        page.wait_for_url("**/alerts/*")
        assert page.locator(".actions").count() == 0
        alert_id = page.url.rsplit("/", 1)[1]
        csrf = page.locator("body").get_attribute("data-csrf") or ""
        answer = page.request.post(
            page.url.replace("/alerts/", "/api/v1/alerts/") + "/acknowledge",
            headers={"X-CSRF-Token": csrf},
            data="{}",
        )
        assert (answer.status, "may not" in answer.text()) == (403, True), alert_id
        assert page.request.post(page.url + "/acknowledge", form={"csrf": "wrong"}).status == 403
