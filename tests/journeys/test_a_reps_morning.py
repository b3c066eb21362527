"""A rep's morning without a mouse: sign in, dial, talk, one key, a day, save; the account's page shows it."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from threading import Event, Thread

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import select

from outreach.app import create_app
from outreach.dialer import calls
from outreach.ledger.attempts import CallAttempt
from outreach.ledger.base import Ledger
from outreach.ledger.commitments import Promise
from outreach.webhooks.digest import digest
from tests.browser import LAPTOP, Window, served
from tests.dialer.centre import Centre, call_centre
from tests.services import Databases

pytestmark = pytest.mark.browser

LAKESIDE = 4


@pytest.fixture(params=["sqlite"])
def databases(request: pytest.FixtureRequest) -> Databases:
    """The road is walked on both databases in tests/dialer; here it is what the screen does that counts."""
    chosen: Databases = request.getfixturevalue(f"{request.param}_databases")
    return chosen


@pytest.fixture
def centre(ledger: Ledger, redis_url: str, tmp_path: Path) -> Iterator[Centre]:
    with call_centre(ledger, redis_url, tmp_path) as running:
        yield running


@pytest.fixture
def at_work(centre: Centre) -> Iterator[None]:
    """A worker: it places what is asked for and digests what is reported, until the test is over."""
    over = Event()

    def work() -> None:
        while not over.wait(0.05):
            with centre.ledger.reading() as session:
                asked = session.scalars(select(CallAttempt.id).where(CallAttempt.state == "requested")).all()
            for attempt_id in asked:
                calls.place(centre.ledger, centre.carrier, centre.clock, attempt_id)
            digest(centre.office)

    worker = Thread(target=work)
    worker.start()
    yield
    over.set()
    worker.join()


@pytest.fixture
def window(chromium: Browser, centre: Centre) -> Iterator[Window]:
    app = create_app(centre.office)
    with served(app) as address, closing(chromium.new_context(viewport=LAPTOP)) as context:
        yield Window(context.new_page(), address)


def test_a_rep_calls_and_saves_a_promise_by_keys(centre: Centre, at_work: None, window: Window) -> None:
    centre.sandbox.script(numbers={centre.number(LAKESIDE): "human"})
    page = window.sign_in("ana")
    expect(page.get_by_role("heading", name="Lakeside Fitness")).to_be_visible()
    page.keyboard.press("d")
    _hear(page, "Answered. What came of it?")
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
    _promise(page, "2026-12-01", "450.00")
    expect(page.get_by_role("heading", name="Ridgeway Logistics")).to_be_visible()
    expect(page.get_by_text("1 of 75 called")).to_be_visible()
    (promise,) = centre.rows(Promise, Promise.account_id == LAKESIDE)
    assert (promise.amount_minor, promise.due_on.isoformat()) == (45_000, "2026-12-01")
    _find(page, "lakeside")
    expect(page.get_by_text("promise to pay").first).to_be_visible()
    expect(page.get_by_text("Lena pays half now")).to_be_visible()
    assert window.alarms == []


def test_nobody_answers_and_n_leads_on(centre: Centre, at_work: None, window: Window) -> None:
    centre.sandbox.script(numbers={centre.number(LAKESIDE): "no-answer"})
    page = window.sign_in("ana")
    page.keyboard.press("d")
    _hear(page, "No answer.")
    page.keyboard.press("n")
    expect(page.get_by_role("heading", name="Ridgeway Logistics")).to_be_visible()


def test_the_desk_works_without_scripts(centre: Centre, at_work: None, chromium: Browser) -> None:
    centre.sandbox.script(numbers={centre.number(LAKESIDE): "human"})
    with served(create_app(centre.office)) as address:
        context = chromium.new_context(viewport=LAPTOP, java_script_enabled=False)
        page = Window(context.new_page(), address).sign_in("ana")
        page.get_by_role("button", name="Dial").click()
        expect(page.get_by_role("button", name="Save")).to_be_visible()
        page.get_by_label("escalate").check()
        page.get_by_label("Note").fill("shouts")
        _reload_until(page, "What came of it?")
        page.get_by_label("escalate").check()
        page.get_by_role("button", name="Save").click()
        expect(page.get_by_role("heading", name="Ridgeway Logistics")).to_be_visible()
        context.close()


def _hear(page: Page, words: str) -> None:
    """The state of the call is shown, and told to whoever cannot see it."""
    expect(page.locator(".state").get_by_text(words)).to_be_visible(timeout=30_000)
    expect(page.get_by_role("status")).to_have_text(words)


def _promise(page: Page, day: str, amount: str) -> None:
    page.keyboard.press("p")
    expect(page.get_by_label("Pays on")).to_be_focused()
    page.get_by_label("Pays on").fill(day)
    page.keyboard.press("Tab")
    page.get_by_label("Amount").fill(amount)
    page.get_by_label("Note").fill("Lena pays half now")
    page.keyboard.press("Escape")
    page.keyboard.press("s")


def _find(page: Page, words: str) -> None:
    page.keyboard.press("/")
    page.keyboard.type(words)
    page.keyboard.press("Enter")
    page.wait_for_url("**/accounts/4")


def _reload_until(page: Page, words: str) -> None:
    for _ in range(100):
        if page.get_by_text(words).count():
            return
        page.reload()
    raise AssertionError(f"{words!r} never came")
