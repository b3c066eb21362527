"""A case goes from the list to its approval in a real browser, by its keys; nothing is amiss on the pages."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from outreach.campaigns.suspension import daily
from outreach.office import Office
from tests.browser import Window
from tests.services import Databases

pytestmark = pytest.mark.browser


@pytest.fixture(params=["sqlite"])
def databases(request: pytest.FixtureRequest) -> Databases:
    """Which database a page was read from cannot be seen in it."""
    chosen: Databases = request.getfixturevalue(f"{request.param}_databases")
    return chosen


def looks_fine(page: Page) -> None:
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), "nothing to the side"


def test_a_case_is_recommended_and_approved(office: Office, window: Window) -> None:
    daily.run(office.ledger, now=office.clock.now())
    page = window.sign_in("ana")
    page.keyboard.press("g")
    page.keyboard.press("s")
    page.wait_for_url("**/suspensions")
    expect(page.get_by_role("heading", name="Candidate, to be decided: 2")).to_be_visible()
    looks_fine(page)
    page.get_by_role("link", name="Ridgeway Logistics").first.focus()
    page.get_by_role("link", name="Case 1, Ridgeway Logistics").or_(
        page.get_by_role("link", name="Case 2, Ridgeway Logistics")
    ).click()
    looks_fine(page)
    page.keyboard.press("y")
    expect(page.locator("textarea:invalid")).to_be_focused()
    page.keyboard.type("<img src=x onerror=alert(1)> five calls, no answer")
    page.keyboard.press("Escape")
    page.keyboard.press("y")
    expect(page.get_by_role("status")).to_have_text("Ridgeway Logistics is recommended now.")
    looks_fine(page)
    address = page.url
    page.get_by_role("button", name="Sign out").click()
    page = window.sign_in("sam")
    page.goto(address)
    page.keyboard.press("w")
    page.keyboard.type("as she says")
    page.keyboard.press("Escape")
    page.keyboard.press("y")
    expect(page.get_by_role("status")).to_have_text("Ridgeway Logistics is approved now.")
    looks_fine(page)
    assert window.alarms == []
