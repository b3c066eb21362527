"""A supervisor's morning: a file brought in by one window moves the board that is open in another."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from outreach import jobs
from outreach.app import create_app
from outreach.jobs import Bench
from outreach.ledger.base import Ledger
from outreach.mail.mailroom import Mailroom
from outreach.office import Office
from outreach.reports.figures import refresh
from tests.browser import LAPTOP, Window, served
from tests.hand_clock import HandClock
from tests.services import Databases
from tests.web.cast import NOW, seed
from tests.web.conftest import make_office

pytestmark = pytest.mark.browser

SOON = 10_000
"""milliseconds: well before the board looks by itself"""
FILE = """Customer ID,Customer name,Invoice number,Invoice date,Due date,Open amount
NEW,New & Sons,N-1,2026-10-01,2026-10-31,250000.00
NEW,New & Sons,N-2,2026-10-01,31/02/2026,80.00
"""


@pytest.fixture(params=["sqlite"])
def databases(request: pytest.FixtureRequest) -> Databases:
    """Which database a page was read from cannot be seen in it."""
    chosen: Databases = request.getfixturevalue(f"{request.param}_databases")
    return chosen


@pytest.fixture
def office(ledger: Ledger, redis_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Office:
    """The house with the cast in it, and a worker's hands in this process."""
    with ledger.writing() as session:
        seed(session)
    refresh(ledger, NOW)
    office = make_office(ledger, HandClock(), tmp_path / "files", redis_url=redis_url)
    room = Mailroom(ledger, None, office.clock, office.files, "", "", ())  # type: ignore[arg-type]
    monkeypatch.setattr(jobs, "_bench", Bench(office, None, room))  # type: ignore[arg-type]  # nobody rings or writes
    return office


@pytest.fixture
def windows(chromium: Browser, office: Office) -> Iterator[tuple[Window, Window]]:
    """Two of one person, on one session."""
    with served(create_app(office)) as address, closing(chromium.new_context(viewport=LAPTOP)) as context:
        yield Window(context.new_page(), address), Window(context.new_page(), address)


def test_a_file_is_brought_in_and_the_board_moves(windows: tuple[Window, Window], tmp_path: Path) -> None:
    file = tmp_path / "open invoices.csv"
    file.write_text(FILE, encoding="utf-8")
    watching, importing = windows
    with watching.page.expect_response(lambda answer: "/live" in answer.url):
        board = watching.sign_in("sam")
    bucket = board.get_by_role("link", name="documents, 1-30, USD")
    before = int(bucket.inner_text())

    page = importing.open("/imports")
    page.get_by_label("File: CSV").set_input_files(file)
    page.get_by_role("button", name="Look at it").click()
    expect(page.get_by_role("heading", name="open invoices.csv is being read")).to_be_visible()
    jobs.uploads()
    expect(page.get_by_text("nothing is changed yet")).to_be_visible(timeout=20_000)
    expect(page.get_by_text("31/02/2026")).to_be_visible()
    assert bucket.inner_text() == str(before), "a look changes nothing"

    page.get_by_label("Control total in USD").fill("250000.00")
    page.keyboard.press("Escape")
    page.keyboard.press("a")
    expect(page.get_by_role("heading", name="open invoices.csv is being applied")).to_be_visible()
    jobs.uploads()
    jobs.figures()
    expect(bucket).to_have_text(str(before + 1), timeout=SOON)
    bucket.click()
    expect(board.get_by_text("N-1", exact=True)).to_be_visible()
    expect(board.get_by_text("250,000.00")).to_be_visible()
    assert watching.alarms + importing.alarms == []
