"""The pages as people have them: nothing they are told can run, and nobody is shut out."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect
from sqlalchemy import update

from outreach.ledger.base import Ledger
from outreach.ledger.destinations import Contact
from outreach.ledger.inbox import Arrival, store_many
from outreach.ledger.log import Entry, append
from outreach.ledger.receivables import Account, Invoice
from outreach.ledger.tasks import Task, open_task
from outreach.ledger.touches import Touch
from outreach.office import Office
from tests.browser import Window
from tests.services import Databases
from tests.web.cast import NOW, TODAY
from tests.web.doubtful_call import keep_doubtful_call
from tests.web.letter_rows import keep_letter
from tests.web.voicemail_rows import leave_voicemail

pytestmark = pytest.mark.browser

PAYLOADS = (
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(2)>",
    '"><svg onload=alert(3)>',
    "' onmouseover='alert(4)' x='",
    "{{ 7 * 7 }}{% raw %}",
    "javascript:alert(5)//",
    "<iframe src=//stranger.example></iframe><link rel=stylesheet href=//stranger.example/x.css>",
    "</textarea></title><script src=//stranger.example/x.js></script>",
    "<form action=//stranger.example><button>Pay</button></form>",
)
ATTACK = """<html><head><link rel=stylesheet href="http://stranger.example/x.css">
<script src="http://stranger.example/x.js"></script></head>
<body onload="alert(1)"><script>parent.document.title = "taken"; alert(2)</script>
<img src="http://stranger.example/pixel.gif"><form action="http://stranger.example"><button>Pay</button></form>
<a href="http://stranger.example" target=_top>Pay</a><h1>Your invoice</h1></body></html>"""
HEARD = "it => new Promise(heard => { it.onended = heard; it.play(); })"
"""plays a sound to its end"""
PAGES = {
    "ana": ("/desk", "/desk/2", "/accounts", "/accounts/2", "/accounts/3", "/inbox", "/log", "/nowhere"),
    "sam": ("/board", "/board/reps", "/board/left-out", "/inbox"),
}


@pytest.fixture(params=["sqlite"])
def databases(request: pytest.FixtureRequest) -> Databases:
    """Which database a page was read from cannot be seen in it."""
    chosen: Databases = request.getfixturevalue(f"{request.param}_databases")
    return chosen


def test_what_customers_write_stays_words(ledger: Ledger, window: Window) -> None:
    window.sign_in("ana")
    for payload in PAYLOADS:
        _poison(ledger, payload)
        _stays_words(window, payload)
    assert window.alarms == []


def test_what_callers_say_stays_words_and_can_be_heard(office: Office, window: Window) -> None:
    with office.ledger.writing() as session:
        for payload in PAYLOADS:
            leave_voicemail(session, office.files, "+13035550107", payload)
        leave_voicemail(session, office.files, "+19175550199", PAYLOADS[0])
    page = window.sign_in("ana")
    for path, said in (("/inbox", PAYLOADS), ("/accounts/7", PAYLOADS), ("/desk/7", PAYLOADS[-1:])):
        window.open(path)
        for payload in said:
            assert page.get_by_text(payload).count() > 0, f"{path} shows the words as they are"
    window.open("/inbox")
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
    page.locator("audio").first.evaluate(HEARD)
    assert window.alarms == []


def _stays_words(window: Window, payload: str) -> None:
    for path in ("/desk", "/desk/1", "/accounts/1", "/accounts?q=", "/inbox", "/log"):
        page = window.open(path)
        assert page.get_by_text(payload).count() > 0, f"{path} shows the words as they are"


def _poison(ledger: Ledger, payload: str) -> None:
    """Their words in every field that comes from outside."""
    with ledger.writing() as session:
        session.execute(update(Account).values(name=payload))
        session.execute(update(Contact).values(name=payload, role=payload, extension=payload))
        session.execute(update(Invoice).where(Invoice.account_id == 1).values(number=payload))
        session.execute(update(Task).values(title=payload))
        session.execute(update(Touch).values(reasons=[payload]))
        for account_id in range(1, 8):
            entry = Entry(
                at=NOW,
                actor=payload,
                what="call",
                account_id=account_id,
                channel="call",
                text=payload,
                direction="in",
            )
            append(session, entry)
        open_task(session, key=payload, kind="x", title=payload, due_on=TODAY, now=NOW, account_id=1)


def test_nothing_in_a_letter_runs_or_reaches_out(office: Office, window: Window) -> None:
    with office.ledger.writing() as session:
        letter_id = keep_letter(session, office.files, html=ATTACK)
    page = window.sign_in("ana")
    window.open(f"/letters/{letter_id}")
    expect(page.frame_locator("iframe").get_by_role("heading", name="Your invoice")).to_be_visible()
    assert page.title().startswith("Invoices past due")
    assert window.alarms == []


@pytest.mark.parametrize("login", PAGES)
def test_axe_finds_nothing(window: Window, login: str) -> None:
    window.sign_in(login)
    reports = {path: Axe().run(window.open(path)) for path in PAGES[login]}
    found = {path: report.generate_report() for path, report in reports.items() if report.violations_count}
    assert not found, found


def test_axe_finds_nothing_in_a_full_tray_and_on_a_letter(office: Office, window: Window) -> None:
    with office.ledger.writing() as session:
        letter_id = keep_letter(session, office.files, state="unconfirmed")
        keep_doubtful_call(session, wall=office.clock.wall())
        arrival = Arrival("CA1:completed", "status", "nosuchattempt", b"x=1")
        store_many(session, "twilio", [arrival], wall=office.clock.wall(), state="parked")
    window.sign_in("sam")
    for path in ("/inbox", f"/letters/{letter_id}"):
        report = Axe().run(window.open(path))
        assert report.violations_count == 0, report.generate_report()


def test_axe_finds_nothing_at_the_door(window: Window) -> None:
    found = Axe().run(window.open("/sign-in"))
    assert found.violations_count == 0, found.generate_report()


def test_the_keys_are_listed_and_can_be_switched_off(window: Window) -> None:
    page = window.sign_in("ana")
    page.keyboard.press("?")
    assert page.get_by_role("dialog").get_by_text("find an account").is_visible()
    assert Axe().run(page).violations_count == 0
    page.get_by_label("Switch the single keys off").check()
    page.keyboard.press("Escape")
    page.keyboard.press("g")
    page.keyboard.press("i")
    assert page.url.endswith("/desk")


def test_one_goes_from_page_to_page_by_keys(window: Window) -> None:
    page = window.sign_in("ana")
    page.keyboard.press("g")
    page.keyboard.press("i")
    page.wait_for_url("**/inbox")
    page.keyboard.press("/")
    page.keyboard.type("harbor")
    page.keyboard.press("Enter")
    page.wait_for_url("**/accounts/1")
