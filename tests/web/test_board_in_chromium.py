"""The board as a supervisor has it open all day: it moves by itself, and keys stay where they are."""

import re
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from flask import Flask
from playwright.sync_api import Page, expect
from sqlalchemy import select, update

from outreach import jobs, news
from outreach.app import create_app
from outreach.campaigns.planning.settling import settle
from outreach.intake.importing import import_file
from outreach.jobs import Bench
from outreach.ledger.receivables import Account
from outreach.ledger.touches import Touch
from outreach.mail.mailroom import Mailroom
from outreach.office import Office
from outreach.reports.figures import refresh
from tests.browser import Window
from tests.hand_clock import HandClock
from tests.services import Databases
from tests.web.board_rows import call, fill
from tests.web.cast import NOW, TODAY
from tests.web.conftest import make_office

pytestmark = pytest.mark.browser

SOON = 10_000
"""milliseconds: well before the board looks by itself"""
LISTS = (
    *("/board", "/board/reps", "/board/left-out", "/board/calls/calls", "/board/aging/1-30?currency=EUR"),
    *("/board/figures", "/board/routinely-late"),
    *(f"/board/campaigns/{TODAY}.followup_5", f"/board/campaigns/{TODAY}.followup_5/calls"),
    *(
        "/board/left-out/no rep",
        "/board/promises/broken",
        "/board/letters/delivered",
        "/board/letters/replies",
    ),
)


@pytest.fixture(params=["sqlite"])
def databases(request: pytest.FixtureRequest) -> Databases:
    """Which database a page was read from cannot be seen in it."""
    chosen: Databases = request.getfixturevalue(f"{request.param}_databases")
    return chosen


@pytest.fixture
def told(office: Office, clock: HandClock, redis_url: str) -> Office:
    """The office of the cast, where news are told, on a day with some work done."""
    with office.ledger.writing() as session:
        fill(session)
    settle(office.ledger, NOW)
    refresh(office.ledger, NOW)
    return make_office(office.ledger, clock, office.files, redis_url=redis_url)


@pytest.fixture
def app(told: Office) -> Flask:
    return create_app(told)


def _board(window: Window) -> Page:
    """The board, once it listens and has looked again."""
    with window.page.expect_response(lambda answer: "/live" in answer.url):
        page = window.sign_in("sam")
    expect(page.get_by_role("heading", name="Reps today")).to_be_visible()
    return page


def test_a_call_moves_the_board_and_the_focus_stays(told: Office, window: Window) -> None:
    page = _board(window)
    called = page.get_by_role("link", name=re.compile("customers called by Ana Lopez"))
    expect(called).to_have_text("3")
    called.focus()
    with told.ledger.writing() as session:
        touch = session.scalars(select(Touch).where(Touch.account_id == 5, Touch.channel == "call")).one()
        session.add(call(touch, "another", 9, "no_answer"))
    told.news.tell(news.BOARD)
    expect(called).to_have_text("4", timeout=SOON)
    expect(called).to_be_focused()
    page.keyboard.press("Enter")
    page.wait_for_url("**/board/reps/ana")
    expect(page.get_by_role("link", name="Northfield Schools")).to_be_visible()
    assert window.alarms == []


def test_an_import_moves_the_board(
    told: Office, window: Window, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = _board(window)
    bucket = page.get_by_role("link", name="documents, 1-30, EUR")
    expect(bucket).to_have_text("60")
    file = tmp_path / "more.csv"
    file.write_text(
        "Customer number,Customer name,Invoice number,Invoice date,Due date,Amount,Open amount,Currency\n"
        "HARBOR,Harbor Clinic,EU-900,2026-10-01,2026-11-01,10.00,10.00,EUR\n"
    )
    import_file(told.ledger, file, clock=told.clock, actor="test", source="another")
    monkeypatch.setattr(jobs, "_bench", _bench(told))
    jobs.figures()
    expect(bucket).to_have_text("61", timeout=SOON)
    assert window.alarms == []


def _bench(told: Office) -> Bench:
    room = Mailroom(told.ledger, None, told.clock, told.files, "", "", ())  # type: ignore[arg-type]
    return Bench(told, None, room)  # type: ignore[arg-type]  # figures ask neither carrier nor mailer


def test_axe_finds_nothing_on_the_board_and_behind_it(window: Window) -> None:
    window.sign_in("sam")
    reports = {path: Axe().run(window.open(path)) for path in LISTS}
    found = {path: report.generate_report() for path, report in reports.items() if report.violations_count}
    assert not found, found
    assert window.alarms == []


BEYOND = """() => {
  document.querySelector(".tight tbody a").textContent = "suspension notice 2";
  const edge = (it) => it.getBoundingClientRect().right;
  return [...document.querySelectorAll(".board .card table")]
    .filter((it) => edge(it) > edge(it.closest(".card"))).map((it) => it.caption.textContent);
}"""


def test_the_main_figures_stand_on_a_laptops_screen(window: Window) -> None:
    page = _board(window)
    for name in ("campaigns", "reps", "overdue", "aging", "promises", "mail", "left-out"):
        expect(page.locator(f"#{name}")).to_be_in_viewport()
    expect(page.get_by_role("link", name="Collected of the quarter")).to_be_in_viewport()
    width = page.evaluate("[document.documentElement.scrollWidth, document.documentElement.clientWidth]")
    assert width[0] <= width[1], "nothing stands beyond the right edge"
    assert page.evaluate(BEYOND) == [], "nor beyond its own card, however long a step's name is"


def test_what_a_customer_is_called_stays_words(told: Office, window: Window) -> None:
    with told.ledger.writing() as session:
        session.execute(update(Account).values(name="<img src=x onerror=alert(1)>"))
    window.sign_in("sam")
    for path in LISTS[3:]:
        window.open(path)
    assert window.alarms == []
