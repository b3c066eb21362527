"""The call desk, over the wire: the sandbox as carrier, the page as the rep's only tool."""

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from sqlalchemy import select, update

from outreach.app import create_app
from outreach.dialer import calls
from outreach.errands import Errands
from outreach.ledger.attempts import CallAttempt
from outreach.ledger.base import Ledger
from outreach.ledger.commitments import Dispute, Hold, Promise
from outreach.ledger.log import LogEntry
from outreach.ledger.people import User
from outreach.ledger.tasks import Task
from outreach.ledger.touches import Touch
from outreach.office import Office
from tests.dialer.centre import HARBOR, STANNE, SUMMIT, Centre, call_centre
from tests.web.conftest import Person
from tests.web.voicemail_rows import leave_voicemail

EASTGATE, LAKESIDE, NORTHFIELD, RIDGEWAY, OAKMONT = 6, 4, 5, 3, 8


@pytest.fixture
def centre(ledger: Ledger, redis_url: str, tmp_path: Path) -> Iterator[Centre]:
    with call_centre(ledger, redis_url, tmp_path) as running:
        yield running


@pytest.fixture
def ana(centre: Centre) -> Person:
    return person(centre.office, "ana")


def person(office: Office, login: str) -> Person:
    somebody = Person(create_app(office).test_client())
    assert somebody.sign_in(login).status_code == 303
    return somebody


def touch_of(centre: Centre, account_id: int) -> int:
    return int(centre.touches(account_id)[0].id)


def dial(centre: Centre, who: Person, account_id: int) -> str:
    """Press the button. Returns the attempt's id, which no worker has claimed."""
    answer = who.post(f"/desk/{touch_of(centre, account_id)}/dial")
    assert answer.status_code == 303
    return str(centre.rows(CallAttempt, CallAttempt.account_id == account_id)[-1].id)


def talked(centre: Centre, who: Person, account_id: int, behaviour: str = "human") -> str:
    """A call from the button to its end."""
    centre.sandbox.script(numbers={centre.number(account_id): behaviour})
    attempt_id = dial(centre, who, account_id)
    calls.place(centre.ledger, centre.carrier, centre.clock, attempt_id)
    centre.settle_down()
    return attempt_id


def without_tokens(page: str) -> str:
    """CSRF tokens carry the second they were made in."""
    return re.sub(r'value="[^"]{60,}"', "", page).strip()


def words(page: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", page))


def test_the_first_who_may_be_called_now_is_at_hand(ana: Person) -> None:
    page = words(ana.get("/desk").text)
    assert "Lakeside Fitness LAKE" in page, "Eastgate comes first and sleeps in Pago Pago"
    assert "from 08:00 in Pago Pago" in page or "final overdue" in page
    assert "INV-0990 is 53 days past due" in page
    assert "13:00 in New York, open until 17:00" in page
    assert "0 of 75 called" in page


def test_the_button_says_which_rule_greys_it(centre: Centre, ana: Person) -> None:
    asleep = ana.get(f"/desk/{touch_of(centre, EASTGATE)}").text
    assert "disabled" in asleep
    assert "opens 08:00 in Pago Pago, in 60 min" in words(asleep) or "in 1 h" in words(asleep)


def test_the_button_says_when_redis_is_down(centre: Centre) -> None:
    nowhere = replace(centre.office, errands=Errands("redis://127.0.0.1:1"))
    page = person(nowhere, "ana").get("/desk")
    assert page.status_code == 200
    assert "The call queue is down: Redis does not answer." in words(page.text)


def test_the_button_says_when_there_is_no_carrier(centre: Centre) -> None:
    nowhere = person(replace(centre.office, carrier=None), "ana")
    assert "No carrier is connected" in words(nowhere.get("/desk").text)
    nowhere.post(f"/desk/{touch_of(centre, HARBOR)}/dial")
    assert centre.rows(CallAttempt) == []


def test_two_clicks_are_one_call_and_the_second_gets_a_sentence(centre: Centre, ana: Person) -> None:
    dial(centre, ana, HARBOR)
    dial(centre, ana, HARBOR)
    assert len(centre.rows(CallAttempt)) == 1
    assert "You are on a call already, to Harbor Clinic." in words(ana.get("/desk").text)


def test_the_page_watches_the_call_by_one_block(centre: Centre, ana: Person) -> None:
    attempt_id = dial(centre, ana, HARBOR)
    whole = ana.get("/desk").text
    assert f'hx-get="/desk/calls/{attempt_id}?awake=1"' in whole
    asked = ana.get(f"/desk/calls/{attempt_id}", **{"HX-Request": "true"})
    assert asked.status_code == 303, "no part of a page asks for it: the page itself"
    block = ana.get(f"/desk/calls/{attempt_id}", **{"HX-Request": "true", "HX-Target": "call"})
    assert block.text.strip().startswith('<div id="call"')
    assert "Placing the call" in block.text
    assert without_tokens(block.text) in without_tokens(whole), "one rendering path for page and block"
    assert ana.get(f"/desk/calls/{attempt_id}").location == f"/desk/{touch_of(centre, HARBOR)}"


def test_an_answered_call_is_at_hand_until_it_is_saved(centre: Centre, ana: Person) -> None:
    attempt_id = talked(centre, ana, HARBOR)
    page = ana.get("/desk").text
    assert "Harbor Clinic HARBOR" in words(page)
    assert "What came of it?" in page
    assert ana.post(f"/desk/calls/{attempt_id}/save", disposition="refused").location == "/desk"
    assert "Lakeside" in words(ana.get("/desk").text).split("asked")[0]
    assert "1 of 75 called" in words(ana.get("/desk").text)


def test_nobody_answered_and_the_next_one_is_at_hand(centre: Centre, ana: Person) -> None:
    attempt_id = talked(centre, ana, HARBOR, "no-answer")
    here = ana.get(f"/desk/{centre.attempt(attempt_id).touch_id}").text
    assert "No answer." in here
    assert "/save" not in here
    assert "Lakeside Fitness LAKE" in words(ana.get("/desk").text)


def test_a_promise_is_saved_by_one_form(centre: Centre, ana: Person) -> None:
    attempt_id = talked(centre, ana, RIDGEWAY)
    form = {"disposition": "promise_to_pay", "day": "2026-11-30", "amount": "4,000.00", "note": "PO came"}
    answer = ana.post(f"/desk/calls/{attempt_id}/save", **form, root_cause="awaiting_po_or_approval")
    assert (answer.status_code, answer.location) == (303, "/desk")
    (promise,) = centre.rows(Promise, Promise.account_id == RIDGEWAY)
    assert (promise.amount_minor, promise.due_on, promise.taken_by) == (400_000, date(2026, 11, 30), "ana")
    page = words(ana.get(f"/accounts/{RIDGEWAY}").text)
    assert "promise open 4,000.00 USD by Mon Nov 30" in page
    assert "PO came" in page
    assert "promised 4,000.00 USD until Tue Dec 1" in page


def test_a_dispute_holds_the_invoice_that_is_ticked(centre: Centre, ana: Person) -> None:
    attempt_id = talked(centre, ana, LAKESIDE)
    ids = re.findall(r'name="invoice" value="(\d+)"', ana.get("/desk").text)
    assert len(ids) == 2
    ana.post(f"/desk/calls/{attempt_id}/save", disposition="dispute", invoice=ids[0], note="not installed")
    (dispute,) = centre.rows(Dispute, Dispute.account_id == LAKESIDE)
    assert (str(dispute.invoice_id), dispute.reason) == (ids[0], "not installed")


def test_what_was_agreed_and_handed_up_is_in_the_inbox(centre: Centre, ana: Person) -> None:
    sam = person(centre.office, "sam")
    assert "Callbacks" not in ana.get("/inbox").text
    back = talked(centre, ana, LAKESIDE)
    ana.post(f"/desk/calls/{back}/save", disposition="callback", callback_at="2026-11-24T15:30")
    up = talked(centre, ana, STANNE)
    ana.post(f"/desk/calls/{up}/save", disposition="escalate", note="<b>he shouts</b>")
    page = ana.get("/inbox").text
    assert "Lakeside Fitness as agreed" in page
    assert "Ana" in page.split("Callbacks")[1].split("</table>")[0], "who agreed to it"
    assert "Escalations" not in page, "they are a supervisor's"
    page = sam.get("/inbox").text
    assert "&lt;b&gt;he shouts&lt;/b&gt;" in page.split("Escalations")[1].split("</table>")[0]
    assert page.count("they refuse or it is difficult") == 0, "not among the tasks as well"
    with centre.ledger.reading() as session:
        (task,) = session.scalars(select(Task).where(Task.kind == "escalation"))
    sam.post(f"/inbox/tasks/{task.id}/done")
    assert "Escalations" not in sam.get("/inbox").text
    again = centre.touches(LAKESIDE)[-1]
    assert f"/desk/{again.id}" in ana.get("/inbox").text


def test_a_dispute_is_handed_up_with_the_voicemail_it_began_with(centre: Centre, ana: Person) -> None:
    sam = person(centre.office, "sam")
    with centre.ledger.writing() as session:
        voicemail_id = leave_voicemail(session, centre.office.files, "+13035550107", "This bill is wrong.")
    attempt_id = talked(centre, ana, SUMMIT)
    ids = re.findall(r'name="invoice" value="(\d+)"', ana.get("/desk").text)
    ana.post(f"/desk/calls/{attempt_id}/save", disposition="dispute", invoice=ids[0], note="twice billed")
    handed_up = sam.get("/inbox").text.split("Escalations")[1].split("</table>")[0]
    assert "twice billed" in handed_up
    assert f'href="/voicemails/{voicemail_id}/audio"' in handed_up
    assert "Escalations" not in ana.get("/inbox").text


def test_a_callback_is_agreed_on_their_clock(centre: Centre, ana: Person) -> None:
    attempt_id = talked(centre, ana, STANNE)
    form = {"disposition": "callback", "callback_at": "2026-11-24T15:30"}
    assert ana.post(f"/desk/calls/{attempt_id}/save", **form).location == "/desk"
    (_, again) = centre.touches(STANNE)
    assert again.not_before == datetime(2026, 11, 24, 22, 30, tzinfo=UTC), "15:30 in Denver"


MISTAKES: list[tuple[dict[str, str], str]] = [
    ({}, "Say what came of the call."),
    ({"disposition": "sing"}, "Say what came of the call."),
    ({"disposition": "promise_to_pay", "day": ""}, "Say on which day they pay."),
    ({"disposition": "promise_to_pay", "day": "2026-11-01"}, "today or later"),
    ({"disposition": "promise_to_pay", "day": "9999-12-31"}, "Say on which day they pay."),
    ({"disposition": "promise_to_pay", "day": "2026-11-30", "amount": "lots"}, "is not an amount"),
    ({"disposition": "promise_to_pay", "day": "2026-11-30", "amount": "12,50"}, "is not an amount"),
    (
        {"disposition": "promise_to_pay", "day": "2026-11-30", "amount": "1,200.01"},
        "promise no more than that",
    ),
    ({"disposition": "promise_to_pay", "day": "2026-11-30", "amount": "0"}, "more than nothing"),
    ({"disposition": "callback", "callback_at": "soon"}, "Say when to call back."),
    ({"disposition": "callback", "callback_at": "2026-11-01T10:00"}, "must lie ahead"),
    ({"disposition": "callback", "callback_at": "9999-12-31T23:59"}, "Say when to call back."),
    ({"disposition": "refused", "root_cause": "bad mood"}, "from the list"),
    ({"disposition": "dispute", "invoice": "999999"}, "is not open with this customer"),
    ({"disposition": "dispute", "invoice": "9" * 30}, "is not open with this customer"),
]


def test_a_mistake_is_one_sentence_and_nothing_is_lost(centre: Centre, ana: Person) -> None:
    attempt_id = talked(centre, ana, HARBOR)
    for form, sentence in MISTAKES:
        answer = ana.post(f"/desk/calls/{attempt_id}/save", **form, note="a long note nobody types twice")
        assert answer.status_code == 422, form
        assert sentence in words(answer.text)
        assert "a long note nobody types twice" in answer.text
    assert centre.attempt(attempt_id).wrapped_at is None
    assert centre.rows(Hold, Hold.account_id == HARBOR) == []


def test_fields_that_a_form_does_not_have_change_nothing(centre: Centre, ana: Person) -> None:
    attempt_id = talked(centre, ana, HARBOR)
    extra = {"state": "paid", "outcome": "no_answer", "wrapped_at": "", "rep_id": "2", "role": "admin"}
    ana.post(f"/desk/calls/{attempt_id}/save", disposition="refused", **extra)
    attempt = centre.attempt(attempt_id)
    assert (attempt.state, attempt.outcome, attempt.disposition) == ("ended", "answered_human", "refused")
    (user,) = centre.rows(User, User.login == "ana")
    assert (user.role, user.id) == ("rep", attempt.rep_id)


@pytest.mark.parametrize("deed", ["save", "hang-up"])
def test_a_call_of_another_rep_is_not_touched(centre: Centre, ana: Person, deed: str) -> None:
    attempt_id = talked(centre, ana, HARBOR)
    for login in ("ben", "cay"):  # cay sees the account, since she covers for ana
        answer = person(centre.office, login).post(f"/desk/calls/{attempt_id}/{deed}", disposition="refused")
        assert answer.status_code == 404
    assert centre.attempt(attempt_id).disposition is None


def test_an_account_of_another_rep_cannot_be_dialled(centre: Centre, ana: Person) -> None:
    assert ana.post(f"/desk/{touch_of(centre, OAKMONT)}/dial").status_code == 404
    assert ana.get(f"/desk/{touch_of(centre, OAKMONT)}").status_code == 404
    assert centre.rows(CallAttempt) == []


def test_hanging_up_before_anything_rang_takes_the_click_back(centre: Centre, ana: Person) -> None:
    attempt_id = dial(centre, ana, HARBOR)
    ana.post(f"/desk/calls/{attempt_id}/hang-up")
    attempt = centre.attempt(attempt_id)
    assert (attempt.state, attempt.outcome) == ("not_placed", "not_placed")
    assert centre.touches(HARBOR)[0].state == "open"


def test_a_saved_call_is_one_story_on_the_timeline(centre: Centre, ana: Person) -> None:
    attempt_id = talked(centre, ana, HARBOR)
    ana.post(f"/desk/calls/{attempt_id}/save", disposition="paid_already", note="wired on Friday")
    entries = centre.rows(LogEntry, LogEntry.about == attempt_id)
    assert [entry.what for entry in entries] == ["call ended", "call saved"]
    assert entries[1].refines == entries[0].sequence


def test_a_closed_day_shows_the_next_days_queue(centre: Centre, ana: Person) -> None:
    with centre.ledger.writing() as session:
        session.execute(update(Touch).values(day=date(2026, 11, 27)))
    centre.clock.at = datetime(2026, 11, 26, 18, tzinfo=UTC)  # Thanksgiving
    page = words(person(centre.office, "ana").get("/desk").text)
    assert "Fri Nov 27" in page
    assert "Harbor Clinic" in page


def test_no_queue_is_said_plainly(centre: Centre) -> None:
    assert "No calls are planned for you." in words(person(centre.office, "cay").get("/desk").text)


def test_the_desk_survives_a_contact_that_is_gone(centre: Centre, ana: Person) -> None:
    with centre.ledger.writing() as session:
        session.execute(update(Touch).values(contact_id=None, destination_id=None))
    page = words(ana.get("/desk").text)
    assert "There is no number to call: find a contact." in page
    with centre.ledger.reading() as session:
        assert session.scalars(select(CallAttempt)).all() == []
