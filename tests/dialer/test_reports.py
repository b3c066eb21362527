"""Reports in any order, however often, come to the same end (P3, P5)."""

from itertools import count
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.orm import Session

from outreach.dialer import reports, twilio_reports
from outreach.dialer.carrier import LegState
from outreach.dialer.reports import Report, outcome_of
from outreach.ledger import attempts
from outreach.ledger.attempts import CallAttempt
from outreach.ledger.base import Ledger, new_id
from outreach.ledger.destinations import Contact, Destination
from outreach.ledger.firings import Firing
from outreach.ledger.inbox import Arrival, store_many
from outreach.ledger.log import LogEntry
from outreach.ledger.people import User
from outreach.ledger.receivables import Account
from outreach.ledger.touches import Touch, TouchFiring
from outreach.rules.outcomes import Outcome
from outreach.webhooks.digest import digest
from tests.dialer.centre import Desk
from tests.web.cast import NOW, TODAY

REP, CUSTOMER = "CA" + "a" * 32, "CA" + "b" * 32
Event = tuple[str, dict[str, str]]
numbers = count(1000)


def rep(*statuses: str) -> list[Event]:
    return [
        ("status", {"CallSid": REP, "SequenceNumber": str(n), "CallStatus": s})
        for n, s in enumerate(statuses)
    ]


def customer(*statuses: str, **last: str) -> list[Event]:
    said = [
        {"CallSid": CUSTOMER, "ParentCallSid": REP, "SequenceNumber": str(n), "CallStatus": status}
        for n, status in enumerate(statuses)
    ]
    said[-1] |= {"CallDuration": "0"} | last
    return [("customer", form) for form in said]


def dial_done(status: str, **more: str) -> list[Event]:
    return [("dial-done", {"CallSid": REP, "DialCallStatus": status, "DialCallSid": CUSTOMER, **more})]


def amd(answered_by: str) -> list[Event]:
    return [("amd", {"CallSid": CUSTOMER, "AnsweredBy": answered_by})]


TALKED = [
    *rep("initiated", "ringing", "in-progress", "completed"),
    *dial_done("completed", DialCallDuration="49"),
]
RANG = customer("initiated", "ringing", "in-progress", "completed", CallDuration="49")


def unreached(last: str, *before: str, **why: str) -> list[Event]:
    """The rep was there, the customer was not."""
    alone = rep("initiated", "ringing", "in-progress", "completed")
    return [*alone, *dial_done(last), *customer("initiated", *before, last, **why)]


STORIES: dict[str, tuple[str, list[Event]]] = {
    "a person": ("answered_human", [*TALKED, *RANG, *amd("human")]),
    "a machine": ("machine", [*TALKED, *RANG, *amd("machine_start")]),
    "a fax": ("fax", [*TALKED, *RANG, *amd("fax")]),
    "nobody knows": ("answered_unknown", [*TALKED, *RANG]),
    "a new word": ("answered_unknown", [*TALKED, *RANG, *amd("machine_dreaming")]),
    "busy": ("busy", unreached("busy", "ringing")),
    "no answer": ("no_answer", unreached("no-answer", "ringing")),
    "the rep left": ("canceled", unreached("canceled", "ringing")),
    "a dead number": ("bad_number", unreached("failed", ErrorCode="13224")),
    "blocked": ("blocked", unreached("failed", SipResponseCode="607")),
    "failed": ("failed", unreached("failed", SipResponseCode="503")),
}


def a_call(session: Session, state: str = "bridging") -> str:
    """A customer of its own with an open followup_5, and a call to it that has come as far as `state`."""
    n = next(numbers)
    ana = session.scalars(select(User).where(User.login == "ana")).one()
    account = Account(id=n, number=f"C{n}", name=f"Customer {n}", rep_id=ana.id, created_at=NOW)
    phone = Destination(kind="phone", address=f"+1303555{n:04}", zones="America/Denver", created_at=NOW)
    session.add_all([account, phone])
    session.flush()
    contact = Contact(account_id=account.id, name="AP", phone_id=phone.id)
    firing = Firing(
        account_id=account.id,
        step="followup_5",
        subject=account.number,
        cycle="1",
        fired_on=TODAY,
        raw_on=TODAY,
        touch_on=TODAY,
        call_side="open",
        created_at=NOW,
    )
    session.add_all([contact, firing])
    session.flush()
    touch = Touch(
        account_id=account.id,
        channel="call",
        day=TODAY,
        state="started",
        step="followup_5",
        tier=7,
        rank=1,
        currency="USD",
        reasons=[],
        rep_id=ana.id,
        contact_id=contact.id,
        destination_id=phone.id,
        created_at=NOW,
    )
    rep_of_its_own = User(login=f"rep{n}", role="rep", name="R", password_hash="x", created_at=NOW)
    session.add_all([touch, rep_of_its_own])
    session.flush()
    session.add(TouchFiring(touch_id=touch.id, firing_id=firing.id))
    attempt = CallAttempt(
        id=new_id(),
        touch_id=touch.id,
        account_id=account.id,
        contact_id=contact.id,
        destination_id=phone.id,
        rep_id=rep_of_its_own.id,
        day=TODAY,
        step="followup_5",
        state=state,
        provider="twilio",
        requested_at=NOW,
        moved_at=NOW,
        bridging_at=NOW if state == "bridging" else None,
    )
    session.add(attempt)
    session.flush()
    return attempt.id


def deliver(desk: Desk, attempt_id: str, events: list[Event]) -> None:
    """Each event by itself, in this order; what is the same event is stored once."""
    with desk.ledger.writing() as session:
        for kind, form in events:
            key = f"{attempt_id}:{form['CallSid']}:{form.get('SequenceNumber', kind)}"
            arrival = Arrival(key, kind, attempt_id, urlencode(form).encode())
            store_many(session, "twilio", [arrival], wall=desk.clock.wall())
    digest(desk.office)


def end_state(ledger: Ledger, attempt_id: str) -> dict[str, Any]:
    """Everything that the reports have come to, except the moments of the world's clock."""
    with ledger.reading() as session:
        attempt = session.get_one(CallAttempt, attempt_id)
        compared = (
            "state",
            "outcome",
            "answered_by",
            "counts",
            "provider_ref",
            "customer_ref",
            "seconds",
            "progress",
        )
        firing = session.scalars(select(Firing).where(Firing.account_id == attempt.account_id)).one()
        planned = session.scalars(
            select(Touch).where(Touch.account_id == attempt.account_id).order_by(Touch.id)
        )
        entries = session.scalars(
            select(LogEntry).where(LogEntry.about == attempt_id).order_by(LogEntry.id)
        ).all()
        return {
            "attempt": {name: getattr(attempt, name) for name in compared},
            "firing": (firing.state, firing.call_side, firing.tries, firing.call_again_on, firing.call_rule),
            "touches": [
                (one.day, one.n, one.state, one.reason, one.not_before, one.tries) for one in planned
            ],
            "first entries": sum(entry.refines is None for entry in entries),
            "last word": entries[-1].outcome,
        }


@pytest.mark.parametrize("story", STORIES)
@settings(max_examples=4, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_order_with_any_repetition_ends_the_same(quiet: Desk, story: str, data: st.DataObject) -> None:
    outcome, events = STORIES[story]
    with quiet.ledger.writing() as session:
        in_order, shuffled = a_call(session), a_call(session)
    again = data.draw(st.lists(st.sampled_from(events), max_size=6))
    deliver(quiet, in_order, events)
    deliver(quiet, shuffled, list(data.draw(st.permutations(events + again))))
    expected, found = end_state(quiet.ledger, in_order), end_state(quiet.ledger, shuffled)
    assert expected["attempt"]["outcome"] == outcome
    assert found == expected
    assert found["first entries"] == 1
    assert found["last word"] == outcome


@pytest.mark.parametrize("last", ["completed", "busy", "no-answer", "failed", "canceled"])
@settings(max_examples=4, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_rep_leg_alone_never_counts_against_the_customer(
    quiet: Desk, last: str, data: st.DataObject
) -> None:
    events = rep("initiated", "ringing", last)
    with quiet.ledger.writing() as session:
        attempt_id = a_call(session, data.draw(st.sampled_from(["sending", "unknown", "accepted"])))
    deliver(quiet, attempt_id, list(data.draw(st.permutations(events + events))))
    found = end_state(quiet.ledger, attempt_id)
    assert found["attempt"]["outcome"] == ("canceled" if last == "canceled" else "rep_no_answer")
    assert found["attempt"]["counts"] is False
    assert found["first entries"] == 1


@pytest.mark.parametrize("state", ["requested", "not_placed", "refused"])
def test_a_call_that_was_never_placed_hears_nothing(quiet: Desk, state: str) -> None:
    with quiet.ledger.writing() as session:
        attempt_id = a_call(session, state)
    deliver(quiet, attempt_id, rep("in-progress"))
    assert quiet.attempt(attempt_id).state == state
    assert [event.state for event in quiet.events()] == ["parked"]


def test_a_report_of_another_call_is_parked_for_a_person(quiet: Desk) -> None:
    with quiet.ledger.writing() as session:
        attempt_id = a_call(session)
    deliver(quiet, attempt_id, rep("in-progress"))
    other = "CA" + "c" * 32
    deliver(
        quiet, attempt_id, [("status", {"CallSid": other, "SequenceNumber": "0", "CallStatus": "completed"})]
    )
    assert quiet.attempt(attempt_id).provider_ref == REP
    assert {event.state for event in quiet.events()} == {"digested", "parked"}


def test_a_report_a_day_after_the_end_is_kept_as_late(quiet: Desk) -> None:
    with quiet.ledger.writing() as session:
        attempt_id = a_call(session)
    deliver(quiet, attempt_id, RANG)
    with quiet.ledger.writing() as session:
        session.get_one(CallAttempt, attempt_id).moved_at -= reports.LATE
    deliver(quiet, attempt_id, amd("machine_start"))
    assert quiet.attempt(attempt_id).outcome == "answered_unknown"
    assert [event.state for event in quiet.events(kind="amd")] == ["late"]


def test_what_the_rep_has_saved_a_late_detection_does_not_undo(quiet: Desk) -> None:
    with quiet.ledger.writing() as session:
        attempt_id = a_call(session)
    deliver(quiet, attempt_id, RANG)
    with quiet.ledger.writing() as session:
        attempts.lock(session, attempt_id).disposition = "promise_to_pay"  # type: ignore[union-attr]
    deliver(quiet, attempt_id, amd("machine_start"))
    attempt = quiet.attempt(attempt_id)
    assert (attempt.outcome, attempt.disposition) == ("machine", "promise_to_pay")
    assert len(quiet.touches(attempt.account_id)) == 1, "no retry is planned against the rep's word"


@pytest.mark.parametrize(
    ("state", "answered_by", "trouble", "outcome"),
    [
        ("completed", "human", None, Outcome.ANSWERED_HUMAN),
        ("completed", None, None, Outcome.ANSWERED_UNKNOWN),
        ("completed", "unknown", None, Outcome.ANSWERED_UNKNOWN),
        ("completed", "machine", None, Outcome.MACHINE),
        ("completed", "fax", None, Outcome.FAX),
        ("busy", None, "blocked", Outcome.BUSY),
        ("no_answer", None, None, Outcome.NO_ANSWER),
        ("canceled", None, None, Outcome.CANCELED),
        ("failed", None, None, Outcome.FAILED),
        ("failed", None, "bad number", Outcome.BAD_NUMBER),
        ("failed", None, "blocked", Outcome.BLOCKED),
    ],
)
def test_the_outcome_of_a_leg(
    state: LegState, answered_by: str | None, trouble: Any, outcome: Outcome
) -> None:
    assert outcome_of(state, answered_by, trouble) is outcome


@pytest.mark.parametrize(
    ("form", "conclusive"),
    [
        ({"DialCallStatus": "completed", "DialCallSid": CUSTOMER}, True),
        ({"DialCallStatus": "failed", "DialCallSid": CUSTOMER}, False),
        ({"DialCallStatus": "failed", "DialCallSid": CUSTOMER, "ErrorCode": "13224"}, True),
        ({"DialCallStatus": "failed"}, True),
    ],
)
def test_why_a_leg_failed_is_waited_for(form: dict[str, str], conclusive: bool) -> None:
    report: Report = twilio_reports.read("dial-done", {"CallSid": REP, **form})
    assert report.conclusive is conclusive


def test_a_failure_nobody_explains_is_asked_about_not_guessed(quiet: Desk) -> None:
    with quiet.ledger.writing() as session:
        attempt_id = a_call(session)
    deliver(quiet, attempt_id, dial_done("failed"))
    assert quiet.attempt(attempt_id).state == "bridging"
