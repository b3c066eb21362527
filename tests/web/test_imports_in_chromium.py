"""A supervisor brings a file in, in a real browser, with and without its keys."""

from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from outreach.office import Office
from tests.browser import Window
from tests.services import Databases
from tests.web.uploading import HEADER, ROWS, content, worked

pytestmark = pytest.mark.browser

ATTACK = "<img src=x onerror=alert(1)>"


@pytest.fixture(params=["sqlite"])
def databases(request: pytest.FixtureRequest) -> Databases:
    """Which database a page was read from cannot be seen in it."""
    chosen: Databases = request.getfixturevalue(f"{request.param}_databases")
    return chosen


def looks_fine(page: Page) -> None:
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), "nothing to the side"


def test_a_file_is_chosen_looked_at_and_applied(office: Office, window: Window, tmp_path: Path) -> None:
    file = tmp_path / "open AR.csv"
    many = [f"C{n},Customer {n},X-{n:04},2026-10-01,2026-10-31,{n}.50" for n in range(1, 40)]
    file.write_bytes(content(*ROWS, f"{ATTACK},{ATTACK},{ATTACK},2026-10-01,{ATTACK},5", *many))
    page = window.sign_in("sam")
    page.keyboard.press("g")
    page.keyboard.press("f")
    page.wait_for_url("**/imports")
    looks_fine(page)
    page.get_by_label("File: CSV").set_input_files(file)
    page.get_by_role("button", name="Look at it").click()
    expect(page.get_by_role("heading", name="open AR.csv is being read")).to_be_visible()
    looks_fine(page)
    worked(office)
    expect(page.get_by_text("nothing is changed yet")).to_be_visible(timeout=20_000)
    looks_fine(page)
    page.get_by_label("Control total in USD").fill("1.00")
    page.get_by_label("Control total in USD").press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("The control total differs")
    looks_fine(page)
    page.get_by_label("Control total in USD").fill("")
    page.keyboard.press("Escape")
    page.keyboard.press("a")
    expect(page.get_by_role("heading", name="open AR.csv is being applied")).to_be_visible()
    worked(office)
    page.get_by_role("link", name="Look again").click()
    expect(page.get_by_text("applied by sam")).to_be_visible()
    looks_fine(page)
    assert window.alarms == []


def test_a_refused_file_is_set_right_by_its_columns(office: Office, window: Window, tmp_path: Path) -> None:
    file = tmp_path / "export.csv"
    file.write_bytes(content(*ROWS, header=HEADER.replace("Due date", "Pay by")))
    page = window.sign_in("sam")
    window.open("/imports")
    page.get_by_label("File: CSV").set_input_files(file)
    page.get_by_role("button", name="Look at it").click()
    page.wait_for_url("**/imports/*")
    worked(office)
    page.get_by_role("link", name="Look again").click()
    expect(page.get_by_text("has no column for due_on")).to_be_visible()
    looks_fine(page)
    page.get_by_label("due on").select_option("Pay by")
    page.get_by_role("button", name="Read it this way").click()
    worked(office)
    page.get_by_role("link", name="Look again").click()
    expect(page.get_by_text("nothing is changed yet")).to_be_visible()
    assert window.alarms == []
