"""Replies on their pages: shown as words, confirmed by one key, answered once."""

import re
from datetime import date

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect
from sqlalchemy import select

from outreach.ledger import policies, reach
from outreach.ledger.base import Ledger
from outreach.ledger.commitments import Dispute, Hold, Promise
from outreach.ledger.destinations import Contact
from outreach.ledger.firings import Firing
from outreach.ledger.log import LogEntry
from outreach.ledger.receivables import Invoice
from outreach.ledger.replies import Reply
from outreach.ledger.tasks import Task
from outreach.ledger.touches import Touch
from outreach.office import Office
from outreach.rules.steps import Channel
from tests.browser import Window
from tests.web.conftest import SignedIn
from tests.web.reply_rows import keep_reply
from tests.web.test_pages_in_chromium import ATTACK, PAYLOADS


@pytest.fixture
def reply_id(office: Office) -> str:
    with office.ledger.writing() as session:
        return keep_reply(session, office.files)


def test_the_inbox_shows_what_waits_and_proposes(signed_in: SignedIn, reply_id: str) -> None:
    page = signed_in("ana").get("/inbox").text
    assert "We will pay INV-1001 on Friday." in page
    assert f'action="/replies/{reply_id}/promise"' in page
    assert "Fri Nov 27" in page


def test_a_promise_is_confirmed_with_their_own_words(
    ledger: Ledger, signed_in: SignedIn, reply_id: str
) -> None:
    assert signed_in("ana").post(f"/replies/{reply_id}/promise").location == "/inbox"
    with ledger.reading() as session:
        promise = session.scalars(select(Promise).where(Promise.account_id == 1)).one()
        assert (promise.source, promise.taken_by, promise.amount_minor) == ("email", "ana", 120_000)
        assert (promise.due_on, promise.grace_on) == (date(2026, 11, 27), date(2026, 11, 30))
        assert promise.words == "We will pay INV-1001 on Friday."
        hold = session.scalars(select(Hold).where(Hold.promise_id == promise.id)).one()
        assert hold.amount_minor == 120_000
        reply = session.get_one(Reply, reply_id)
        assert (reply.ended_by, reply.ended_how) == ("ana", "promise taken")
        firing = session.scalars(select(Firing).where(Firing.subject == reply_id)).one()
        assert firing.state == "done"
        entry = session.scalars(select(LogEntry).where(LogEntry.what == "promise taken")).one()
        assert (entry.direction, entry.follow_up_on) == ("in", date(2026, 11, 27))


def test_day_and_amount_are_corrected_before(ledger: Ledger, signed_in: SignedIn, reply_id: str) -> None:
    ana = signed_in("ana")
    form = {"day": "2026-12-01", "amount": "500.00"}
    assert ana.post(f"/replies/{reply_id}/promise", **form).status_code == 303
    with ledger.reading() as session:
        promise = session.scalars(select(Promise).where(Promise.account_id == 1)).one()
        assert (promise.due_on, promise.amount_minor) == (date(2026, 12, 1), 50_000)


@pytest.mark.parametrize(
    ("form", "words"),
    [
        ({"day": "", "amount": ""}, "Say on which day they will pay"),
        ({"day": "2026-11-01"}, "Say on which day they will pay"),
        ({"day": "soon"}, "write it as 2026-11-23"),
        ({"day": "9999-12-31"}, "is too far away"),
        ({"day": "2026-12-01", "amount": "9,999,999"}, "They owe 1,200.00 USD"),
        ({"day": "2026-12-01", "amount": "lots"}, "The amount cannot be read"),
        ({"day": "2026-12-01", "amount": "12,50"}, "The amount cannot be read"),
        ({"day": "2026-12-01", "amount": "0"}, "more than nothing"),
        ({"day": "2026-12-01", "invoice": "2"}, "is not open with this customer"),
        ({"day": "2026-12-01", "invoice": "²"}, "is not open with this customer"),
        ({"day": "2026-12-01", "invoice": "9" * 30}, "is not open with this customer"),
    ],
)
def test_what_cannot_be_promised_is_said_and_nothing_is_written(
    ledger: Ledger, signed_in: SignedIn, reply_id: str, form: dict[str, str], words: str
) -> None:
    answer = signed_in("ana").post(f"/replies/{reply_id}/promise", **form)
    assert (answer.status_code, words in answer.text) == (422, True)
    with ledger.reading() as session:
        assert session.get_one(Reply, reply_id).ended_at is None
        assert session.scalars(select(Promise).where(Promise.account_id == 1)).all() == []


def test_paid_and_dispute_hold_what_is_named(office: Office, ledger: Ledger, signed_in: SignedIn) -> None:
    with office.ledger.writing() as session:
        paid = keep_reply(session, office.files, body="INV-1012 was paid last week.\n", account_id=7)
        wrong = keep_reply(session, office.files, body="The price of INV-0980 is wrong.\n", account_id=3)
    ana = signed_in("ana")
    assert ana.post(f"/replies/{paid}/paid").status_code == 303
    assert ana.post(f"/replies/{wrong}/dispute").status_code == 303
    with ledger.reading() as session:
        held = {
            (hold.kind, hold.account_id)
            for hold in session.scalars(select(Hold).where(Hold.account_id.in_([3, 7])))
        }
        assert held == {("paid", 7), ("dispute", 3)}
        dispute = session.scalars(select(Dispute).where(Dispute.account_id == 3)).one()
        assert session.get_one(Invoice, dispute.invoice_id).number == "INV-0980"
        assert (dispute.source, dispute.reason) == ("email", "The price of INV-0980 is wrong.")
        kinds = set(session.scalars(select(Task.kind).where(Task.account_id.in_([3, 7]))))
        assert {"find payment", "dispute", "escalation"} <= kinds
    handed_up = signed_in("sam").get("/inbox").text.split("Escalations")[1].split("</table>")[0]
    assert "They dispute INV-0980: Ridgeway Logistics" in handed_up
    assert "The price of INV-0980 is wrong." in handed_up
    assert f'href="/replies/{wrong}"' in handed_up


def test_one_key_takes_an_amount_in_no_other_currency(
    office: Office, ledger: Ledger, signed_in: SignedIn
) -> None:
    with office.ledger.writing() as session:
        named = keep_reply(session, office.files, body="We will pay €500 of INV-1001 on Friday.\n")
    answer = signed_in("ana").post(f"/replies/{named}/promise")
    assert (answer.status_code, "The amount is one of EUR" in answer.text) == (422, True)
    with ledger.reading() as session:
        assert session.scalars(select(Promise).where(Promise.account_id == 1)).all() == []


def test_one_key_holds_what_they_say_they_have_paid(
    office: Office, ledger: Ledger, signed_in: SignedIn
) -> None:
    with office.ledger.writing() as session:
        paid = keep_reply(session, office.files, body="We paid $500 of INV-1001 on Friday.\n")
    assert signed_in("ana").post(f"/replies/{paid}/paid").status_code == 303
    with ledger.reading() as session:
        assert session.scalars(select(Hold.amount_minor).where(Hold.kind == "paid")).all() == [50_000]


def test_who_has_left_is_marked_and_the_right_one_looked_for(
    office: Office, ledger: Ledger, signed_in: SignedIn
) -> None:
    with office.ledger.writing() as session:
        gone = keep_reply(session, office.files, body="I no longer work here.\n")
        stranger = keep_reply(session, office.files, body="She has left.\n", sender="new@harbor.example")
    ana = signed_in("ana")
    assert re.search(r'class="main"[^>]*/left"', ana.get(f"/replies/{gone}").text)
    assert ana.post(f"/replies/{gone}/left").status_code == 303
    with ledger.reading() as session:
        reply = session.get_one(Reply, gone)
        who = session.get_one(Contact, reply.contact_id)
        assert (reply.ended_how, who.left_on) == ("contact left", date(2026, 11, 23))
        policy = policies.in_force(session).policy
        for channel in Channel:
            ways = reach.ways(session, [1], channel, policy).get(1, ())
            assert who.id not in {way.contact_id for way in ways}
        task = session.scalars(select(Task).where(Task.kind == "mend contact")).one()
        assert (task.title, task.due_on) == (
            "Find the right contact, Maria Ortiz is not: Harbor Clinic",
            date(2026, 11, 24),
        )
    answer = signed_in("sam").post(f"/replies/{stranger}/left")
    assert answer.status_code == 422


def test_it_is_answered_once(signed_in: SignedIn, reply_id: str) -> None:
    ana = signed_in("ana")
    assert ana.post(f"/replies/{reply_id}/handled").status_code == 303
    again = ana.post(f"/replies/{reply_id}/promise")
    assert (again.status_code, "answered already, by ana" in again.text) == (422, True)
    assert "No reply waits" in ana.get("/inbox").text


def test_it_is_answered_by_mail_from_its_page(ledger: Ledger, signed_in: SignedIn, reply_id: str) -> None:
    ana = signed_in("ana")
    page = ana.get(f"/replies/{reply_id}").text
    assert "Maria Ortiz, ap@harbor.example" in page
    answer = ana.post(f"/replies/{reply_id}/answer", words="It is on its way.\r\nAna", to="1")
    assert answer.location == f"/replies/{reply_id}"
    page = ana.get(f"/replies/{reply_id}").text
    assert "on its way" in page
    assert "Send the answer" not in page
    again = ana.post(f"/replies/{reply_id}/answer", words="It is on its way.", to="1")
    assert (again.status_code, "answered by mail already, by ana" in again.text) == (422, True)
    with ledger.reading() as session:
        touch = session.scalars(select(Touch).where(Touch.step == "answer")).one()
        assert (touch.state, touch.asked_by, touch.account_id) == ("open", "ana", 1)
        assert session.get_one(Reply, reply_id).ended_at is None, "until it has left"


def test_an_answer_goes_to_nobody_else_and_what_was_typed_stays(
    ledger: Ledger, signed_in: SignedIn, reply_id: str
) -> None:
    ana = signed_in("ana")
    for to in ("8", "999999", "x"):
        words = f"a < b for {to}"
        answer = ana.post(f"/replies/{reply_id}/answer", words=words, to=to)
        if to == "x":  # whoever wrote
            assert answer.status_code == 303
        else:
            assert (answer.status_code, "nobody else may be written to" in answer.text) == (422, True)
            assert "a &lt; b for" in answer.text
    assert signed_in("ben").post(f"/replies/{reply_id}/answer", words="Hello", to="1").status_code == 404


def test_nobodys_mail_is_a_supervisors_to_place(office: Office, ledger: Ledger, signed_in: SignedIn) -> None:
    with office.ledger.writing() as session:
        reply_id = keep_reply(session, office.files, account_id=None)
    ana, sam = signed_in("ana"), signed_in("sam")
    assert "stranger" not in ana.get("/inbox").text
    assert "nobody" in sam.get("/inbox").text
    assert ana.get(f"/replies/{reply_id}").status_code == 404
    assert sam.post(f"/replies/{reply_id}/promise").status_code == 422
    assert sam.post(f"/replies/{reply_id}/assign", account="NOSUCH").status_code == 422
    assert sam.post(f"/replies/{reply_id}/assign", account="SUMMIT").status_code == 303
    assert ana.get(f"/replies/{reply_id}").status_code == 200
    with ledger.reading() as session:
        assert session.scalars(select(Firing.account_id).where(Firing.subject == reply_id)).one() == 7


def test_a_file_is_saved_and_never_shown(signed_in: SignedIn, reply_id: str) -> None:
    answer = signed_in("ana").get(f"/replies/{reply_id}/files/2")
    assert answer.headers["Content-Disposition"] == "attachment; filename=remittance.pdf"
    assert answer.headers["Content-Type"] == "application/octet-stream"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert signed_in("ana").get(f"/replies/{reply_id}/files/0").status_code == 404, "its text is no file"


@pytest.mark.browser
def test_one_key_opens_and_one_key_confirms(ledger: Ledger, window: Window, reply_id: str) -> None:
    page = window.sign_in("ana")
    window.open("/inbox")
    page.keyboard.press("r")
    page.wait_for_url(f"**/replies/{reply_id}")
    assert page.get_by_label("They pay on").input_value() == "2026-11-27"
    page.keyboard.press("y")
    page.wait_for_url("**/inbox")
    expect(page.get_by_text("No reply waits")).to_be_visible()
    with ledger.reading() as session:
        assert session.get_one(Reply, reply_id).ended_how == "promise taken"


@pytest.mark.browser
def test_an_answer_is_written_with_the_keyboard(ledger: Ledger, window: Window, reply_id: str) -> None:
    page = window.sign_in("ana")
    window.open(f"/replies/{reply_id}")
    page.keyboard.press("w")
    page.keyboard.type(f"Thank you, {PAYLOADS[0]}")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Your answer is on its way.")).to_be_visible()
    expect(page.get_by_text(f"Thank you, {PAYLOADS[0]}")).to_be_visible()
    assert window.alarms == []
    report = Axe().run(page)
    assert report.violations_count == 0, report.generate_report()
    with ledger.reading() as session:
        assert session.scalars(select(Touch.asked_by).where(Touch.step == "answer")).one() == "ana"


@pytest.mark.browser
def test_axe_finds_nothing_on_replies(office: Office, window: Window, reply_id: str) -> None:
    with office.ledger.writing() as session:
        lost = keep_reply(session, office.files, account_id=None)
    window.sign_in("sam")
    for path in ("/inbox", "/replies", f"/replies/{reply_id}", f"/replies/{lost}"):
        report = Axe().run(window.open(path))
        assert report.violations_count == 0, report.generate_report()


@pytest.mark.browser
def test_nothing_they_write_runs_or_reaches_out(office: Office, window: Window) -> None:
    window.sign_in("sam")
    for payload in PAYLOADS:
        words = payload.replace("\r", "").replace("\n", "")
        with office.ledger.writing() as session:
            reply_id = keep_reply(
                session,
                office.files,
                body=f"{words}\n",
                name='"' + words.replace('"', r"\"") + '"',
                subject=words,
                html=ATTACK + payload,
                file_name=words,
            )
        for path in ("/inbox", "/replies", f"/replies/{reply_id}", "/accounts/1"):
            page = window.open(path)
            assert page.get_by_text(words).count() > 0, f"{path} shows the words as they are"
        page = window.open(f"/replies/{reply_id}")
        page.get_by_text("The mail as they sent it").first.click()
        expect(page.frame_locator("iframe").get_by_role("heading", name="Your invoice")).to_be_visible()
    assert window.alarms == []
