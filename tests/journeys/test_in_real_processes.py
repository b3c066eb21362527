"""The four journeys of a day in Chromium, against the processes of the demo: sandbox, pages, workers, tick.

Nothing here reaches into a process: what customers do is ordered from the sandbox, and what came of it is
read from the pages, and from the ledger behind them.
"""

import tempfile
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime, time, timedelta
from pathlib import Path
from typing import Any

import pytest
import requests
from playwright.sync_api import Browser, Locator, Page, expect
from sqlalchemy import select

from outreach.demo.population import PASSWORD, PEOPLE
from outreach.demo.show import Scene, Show, set_up
from outreach.demo.stage import playing
from outreach.ledger.commitments import Promise
from outreach.ledger.destinations import Contact, Destination
from outreach.ledger.log import LogEntry
from outreach.ledger.policies import in_force
from outreach.ledger.receivables import Account
from outreach.ledger.replies import Reply
from outreach.ledger.voicemails import Voicemail
from tests.browser import LAPTOP, Window
from tests.faults.ground import free_port
from tests.web.test_pages_in_chromium import HEARD

pytestmark = pytest.mark.browser

SOON = 60_000
"""milliseconds for what goes through several processes on a machine that is busy with other tests"""
PHONES = {person.login: person.phone for person in PEOPLE}
SAYS = "This is Alex at Summit. Please call me back about our invoice."
FILE = """Customer ID,Customer name,Invoice number,Invoice date,Due date,Open amount
NEW,New & Sons,N-1,{invoiced},{due},250000.00
"""


class House:
    """The running demo, seen from outside."""

    def __init__(self, scene: Scene) -> None:
        self.scene = scene
        self._script: dict[str, dict[str, Any]] = {"reps": {}, "numbers": {}, "addresses": {}}

    def reach(self, number: str, kind: str) -> str:
        """The phone or email of whoever is asked first at an account."""
        way = Contact.phone_id if kind == "phone" else Contact.email_id
        with self.scene.ledger.reading() as session:
            query = select(Destination.address).join(Contact, way == Destination.id)
            query = query.join(Account, Account.id == Contact.account_id)
            first = query.where(Account.number == number).order_by(Contact.rank).limit(1)
            return session.scalars(first).one()

    def rows(self, model: type[Any], number: str) -> list[Any]:
        with self.scene.ledger.reading() as session:
            account = session.scalars(select(Account).where(Account.number == number)).one()
            return list(session.scalars(select(model).where(model.account_id == account.id)))

    def script(self, part: str, name: str | None, *behaviour: str) -> None:
        """How a phone behaves from now on, the others as before."""
        assert name
        self._script[part][name] = list(behaviour)
        self.order("/sandbox/script", self._script)

    def order(self, path: str, table: dict[str, Any]) -> None:
        requests.post(self.scene.stage.sandbox_url + path, json=table, timeout=60).raise_for_status()


@pytest.fixture(scope="module")
def house() -> Iterator[House]:
    """Half past one on the East coast: everybody may be called, and no letter has left yet."""
    with tempfile.TemporaryDirectory(prefix="outreach-day-") as folder:
        show = Show(folder=Path(folder) / "demo", port=free_port(), accounts=0)
        with set_up(show, lambda words: None) as scene, playing(scene.stage):
            with scene.ledger.reading() as session:
                zone = in_force(session).policy.organization.zone
            scene.clockwork.move_to(datetime.combine(scene.day, time(13, 30), zone))
            yield House(scene)


@pytest.fixture
def windows(chromium: Browser, house: House) -> Iterator[list[Window]]:
    """Two windows of one person, who has not signed in yet."""
    with closing(chromium.new_context(viewport=LAPTOP)) as context:
        both = [Window(context.new_page(), house.scene.stage.base_url) for _ in range(2)]
        yield both
        assert [alarm for window in both for alarm in window.alarms] == []


def test_a_reps_call_becomes_a_promise(house: House, windows: list[Window]) -> None:
    house.script("numbers", house.reach("HARBOR", "phone"), "human")
    house.script("reps", PHONES["ana"], "presses")
    page = windows[0].sign_in("ana", PASSWORD)
    expect(page.get_by_role("heading", name="Harbor Clinic")).to_be_visible()
    _call(page)
    day = house.scene.day + timedelta(days=8)
    page.keyboard.press("p")
    page.get_by_label("Pays on").fill(day.isoformat())
    page.get_by_label("Amount").fill("4000.00")
    page.keyboard.press("Escape")
    page.keyboard.press("s")
    expect(page.get_by_text("1 of 75 called")).to_be_visible(timeout=SOON)
    (promise,) = house.rows(Promise, "HARBOR")
    assert (promise.due_on, promise.amount_minor, promise.taken_by) == (day, 400_000, "ana")
    _find(page, "HARBOR")
    expect(page.get_by_text("promise to pay").first).to_be_visible()


def test_a_voicemail_is_played_returned_and_logged(house: House, windows: list[Window]) -> None:
    number = house.reach("SUMMIT", "phone")
    house.script("reps", PHONES["cleo"], "no-answer", "presses")
    page = windows[0].sign_in("cleo", PASSWORD)
    windows[0].open("/inbox")
    expect(page.get_by_text("Nobody waits for a call back.")).to_be_visible()
    house.order("/sandbox/calls", {"from": number, "says": SAYS})
    expect(page.get_by_text("1 to call back")).to_be_visible(timeout=SOON)
    _reload_until(page, page.locator("audio"))
    expect(page.get_by_text(SAYS)).to_be_visible()
    page.locator("audio").evaluate(HEARD)

    house.script("numbers", number, "human")
    house.script("reps", PHONES["cleo"], "presses")
    page.get_by_role("link", name="Call back Summit Optics").click()
    expect(page.get_by_text(SAYS).first).to_be_visible()
    _call(page)
    page.keyboard.press("p")
    page.get_by_label("Pays on").fill((house.scene.day + timedelta(days=2)).isoformat())
    page.get_by_label("Note").fill("Alex had mislaid the invoice")
    page.keyboard.press("Escape")
    page.keyboard.press("s")
    expect(page.get_by_text("1 of 75 called")).to_be_visible(timeout=SOON)
    windows[0].open("/inbox")
    expect(page.get_by_text("Nobody waits for a call back.")).to_be_visible(timeout=SOON)
    (voicemail,) = house.rows(Voicemail, "SUMMIT")
    assert (voicemail.state, voicemail.answered_by) == ("answered", "cleo")
    told = [entry.what for entry in house.rows(LogEntry, "SUMMIT") if entry.step == "voicemail_return"]
    assert [told.count(what) for what in ("voicemail received", "call ended", "call saved")] == [1, 1, 1]
    _find(page, "SUMMIT")
    for words in (SAYS, "Alex had mislaid the invoice"):
        expect(page.get_by_text(words).first).to_be_visible()


def test_a_reply_is_confirmed_with_one_key(house: House, windows: list[Window]) -> None:
    page = windows[0].sign_in("ben", PASSWORD)
    windows[0].open("/inbox")
    expect(page.get_by_text("No reply waits for an answer.")).to_be_visible()
    day = house.scene.day + timedelta(days=4)
    house.order(
        "/sandbox/reply",
        {
            "to": "anybody@reply.sandbox.example",
            "sender": house.reach("EASTGATE", "email"),
            "text": f"We will pay $15,300.00 on {day:%B} {day.day}, {day.year}.",
        },
    )
    expect(page.get_by_text("We will pay $15,300.00")).to_be_visible(timeout=SOON)
    page.keyboard.press("y")
    expect(page.get_by_text("No reply waits for an answer.")).to_be_visible(timeout=SOON)
    (promise,) = house.rows(Promise, "EASTGATE")
    assert (promise.due_on, promise.amount_minor, promise.source) == (day, 1_530_000, "email")
    (reply,) = house.rows(Reply, "EASTGATE")
    assert (reply.ended_how, reply.ended_by) == ("promise taken", "ben")
    assert "promise taken" in {entry.what for entry in house.rows(LogEntry, "EASTGATE")}
    _find(page, "EASTGATE")
    expect(page.get_by_text("We will pay $15,300.00").first).to_be_visible()


def test_a_file_moves_the_board(house: House, windows: list[Window], tmp_path: Path) -> None:
    due = house.scene.day - timedelta(days=20)
    file = tmp_path / "one more.csv"
    invoiced = due - timedelta(days=30)
    file.write_text(FILE.format(invoiced=invoiced.isoformat(), due=due.isoformat()), encoding="utf-8")
    watching, importing = windows
    board = watching.sign_in("sam", PASSWORD)
    bucket = board.get_by_role("link", name="documents, 1-30, USD")
    expect(bucket).to_be_visible(timeout=SOON)
    before = int(bucket.inner_text())

    page = importing.open("/imports")
    page.get_by_label("File: CSV").set_input_files(file)
    page.get_by_label("Source").fill("a ledger of its own")
    page.get_by_role("button", name="Look at it").click()
    expect(page.get_by_text("nothing is changed yet")).to_be_visible(timeout=SOON)
    page.keyboard.press("a")
    expect(page.get_by_text("applied by sam")).to_be_visible(timeout=SOON)
    expect(bucket).to_have_text(str(before + 1), timeout=SOON)
    bucket.click()
    expect(board.get_by_text("250,000.00")).to_be_visible()


def _call(page: Page) -> None:
    page.keyboard.press("d")
    expect(page.locator(".state").get_by_text("Answered. What came of it?")).to_be_visible(timeout=SOON)


def _find(page: Page, number: str) -> None:
    page.keyboard.press("/")
    page.keyboard.type(number)
    page.keyboard.press("Enter")
    page.wait_for_url("**/accounts/**")


def _reload_until(page: Page, wanted: Locator) -> None:
    """The inbox does not swap a player away while somebody may be listening: one looks again."""
    for _ in range(60):
        if wanted.count():
            return
        page.wait_for_timeout(500)
        page.reload()
    raise AssertionError("it never came")
