"""The promises of design.md 2 that calls must keep, by their names."""

import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from outreach.dialer import bridging, calls
from outreach.dialer.bridging import Ask, Connect, Speak
from outreach.dialer.carrier import CarrierError
from outreach.dialer.clicks import NotNow, Requested
from outreach.ledger import crash, inbox, locks
from outreach.ledger.attempts import CallAttempt
from outreach.ledger.commitments import Hold
from outreach.ledger.destinations import Contact, Destination
from outreach.ledger.inbox import Event
from outreach.ledger.log import LogEntry
from outreach.ledger.receivables import Account, Invoice
from outreach.ledger.stops import Stop
from outreach.ledger.touches import Touch
from tests.dialer.centre import HARBOR, OAK, STANNE, SUMMIT, Centre, Desk, NoCarrier
from tests.web.cast import NOW, TODAY

Stopping = Callable[[Session], None]
SID = "CA" + "0" * 32


def asked(desk: Desk, account_id: int = HARBOR, login: str = "ana") -> str:
    made = desk.click(account_id, login)
    assert isinstance(made, Requested), made
    return made.attempt_id


def placed(centre: Centre, attempt_id: str) -> None:
    calls.place(centre.ledger, centre.carrier, centre.clock, attempt_id)


# P1: at most once


def test_p1_a_job_that_comes_many_times_at_once_is_one_request(centre: Centre) -> None:
    attempt_id = asked(centre)
    jobs = [threading.Thread(target=placed, args=(centre, attempt_id)) for _ in range(6)]
    for job in jobs:
        job.start()
    for job in jobs:
        job.join()
    assert centre.rings(attempt_id) == (1, 1)


@pytest.mark.parametrize("fault", ["lost", "garbled", "error_accepted"])
def test_p1_an_accepted_call_whose_answer_is_lost_is_never_asked_for_again(
    centre: Centre, fault: str
) -> None:
    centre.sandbox.faults(answers={fault: 1.0})
    attempt_id = asked(centre)
    placed(centre, attempt_id)
    placed(centre, attempt_id)
    centre.settle_down()
    assert centre.rings(attempt_id) == (1, 1)
    assert centre.attempt(attempt_id).state == "ended"


@pytest.mark.parametrize("fault", ["error", "dropped"])
def test_p1_a_call_in_doubt_is_given_up_only_with_proof(centre: Centre, fault: str) -> None:
    centre.sandbox.faults(answers={fault: 1.0})
    attempt_id = asked(centre)
    placed(centre, attempt_id)
    centre.sandbox.faults()
    assert centre.attempt(attempt_id).state == "unknown"
    assert isinstance(centre.click(HARBOR), NotNow), "nobody may call while it is in doubt"
    centre.reconcile()
    assert centre.attempt(attempt_id).state == "unknown", "asked once is no proof"
    centre.reconcile()
    attempt = centre.attempt(attempt_id)
    assert (attempt.state, attempt.outcome) == ("not_placed", "not_placed")
    assert str(attempt.detail).count("no call that is not") == 2, "the evidence is kept"
    centre.clock.at = centre.touches(HARBOR)[0].not_before or NOW
    again = centre.dial(HARBOR)
    assert (centre.rings(attempt_id), centre.rings(again)) == ((0, 0), (1, 1))


def test_p1_a_second_call_under_the_same_id_never_rings_the_customer(centre: Centre) -> None:
    attempt_id = centre.dial(HARBOR)
    base = f"{centre.office.addresses.base_url}/webhooks/twilio"
    centre.sandbox.ring(
        attempt_id,
        url=f"{base}/answer?attempt={attempt_id}",
        status_callback=f"{base}/status?attempt={attempt_id}",
    )
    centre.settle_down()
    assert centre.rings(attempt_id) == (2, 1)
    assert len([entry for entry in centre.entries(attempt_id) if entry.refines is None]) == 1
    assert "parked" in {event.state for event in centre.events()}, "a person is told"


@pytest.mark.parametrize("where", ["call.requested", "call.claimed", "call.answered", "call.settled"])
def test_p1_a_worker_killed_anywhere_never_makes_a_second_ring(centre: Centre, where: str) -> None:
    attempt_id = asked(centre)
    if where != "call.requested":
        die_at(where, centre, attempt_id)
    for _ in range(2):  # the job comes again, and the sweep goes by twice
        placed(centre, attempt_id)
        centre.settle_down()
        centre.reconcile()
    attempt, rings = centre.attempt(attempt_id), centre.rings(attempt_id)
    assert rings == ((0, 0) if where == "call.claimed" else (1, 1))
    assert attempt.state == ("not_placed" if where == "call.claimed" else "ended")
    assert len([entry for entry in centre.entries(attempt_id) if entry.refines is None]) >= 1
    assert len([entry for entry in centre.entries(attempt_id) if entry.outcome and not entry.refines]) == 1


def die_at(point: str, centre: Centre, attempt_id: str, job: str = "place") -> None:
    """Run a worker's job in a process that dies at this point, as by kill -9."""
    keys, office = centre.sandbox.keys, centre.office
    given = {
        "database": office.ledger.url.render_as_string(hide_password=False),
        "base_url": office.addresses.base_url,
        "sandbox": centre.sandbox.url,
        "account": keys.account_sid,
        "token": keys.auth_token,
        "at": centre.clock.at.isoformat(),
        "attempt": attempt_id,
    }
    ended = subprocess.run(
        [sys.executable, "-m", "tests.dialer.worker_process", job, json.dumps(given)],
        env=os.environ | {crash.AT: point},
        capture_output=True,
        text=True,
    )
    assert ended.returncode == 137, ended.stderr


# P2: a stop wins


def legal_hold(session: Session) -> None:
    locks.lock_accounts(session, [HARBOR])
    session.get_one(Account, HARBOR).legal_hold_on = TODAY


def opt_out(session: Session) -> None:
    locks.lock_accounts(session, [HARBOR])
    session.scalars(select(Contact).where(Contact.account_id == HARBOR)).one().do_not_call = True


def suppression(session: Session) -> None:
    locks.lock_accounts(session, [HARBOR])
    number = session.scalars(select(Destination).where(Destination.address == "+13035550101")).one()
    number.suppressed_at, number.suppressed_why = NOW, "asked us to stop"


def payment(session: Session) -> None:
    locks.lock_accounts(session, [HARBOR])
    session.scalars(select(Invoice).where(Invoice.number == "INV-1001")).one().open_minor = 0


def dispute(session: Session) -> None:
    locks.lock_accounts(session, [HARBOR])
    invoice = session.scalars(select(Invoice).where(Invoice.number == "INV-1001")).one()
    session.add(Hold(account_id=HARBOR, invoice_id=invoice.id, kind="dispute", since=TODAY))


def kill_switch(session: Session) -> None:
    session.add(Stop(scope="everything", why="fire drill", set_by="sam", set_at=NOW))


STOPS = [legal_hold, opt_out, suppression, payment, dispute, kill_switch]


@pytest.mark.parametrize("stop", STOPS)
def test_p2_a_stop_after_the_click_stops_the_request(quiet: Desk, stop: Stopping) -> None:
    attempt_id = asked(quiet)
    with quiet.ledger.writing() as session:
        stop(session)
    assert calls.place(quiet.ledger, NoCarrier(), quiet.clock, attempt_id) is None
    attempt = quiet.attempt(attempt_id)
    assert (attempt.state, attempt.counts, attempt.sent_at) == ("not_placed", False, None)
    assert attempt.detail, "in the gate's words"
    assert [entry.outcome for entry in quiet.entries(attempt_id)] == ["not_placed"]


@pytest.mark.parametrize("stop", STOPS)
def test_p2_a_stop_while_the_rep_picks_up_is_spoken_to_the_rep(quiet: Desk, stop: Stopping) -> None:
    attempt_id = in_hand(quiet)
    assert isinstance(pick_up(quiet, attempt_id, pressed=False), Ask)
    with quiet.ledger.writing() as session:
        stop(session)
    said = pick_up(quiet, attempt_id, pressed=True)
    attempt = quiet.attempt(attempt_id)
    assert isinstance(said, Speak)
    assert str(attempt.detail) in said.words
    assert (attempt.state, attempt.outcome, attempt.counts) == ("ended", "canceled", False)
    assert quiet.touches(HARBOR)[0].state == "open"


def test_p2_a_stop_that_is_being_written_is_waited_for(quiet: Desk) -> None:
    """The transaction that lets the customer's phone ring waits for the one that stops it, and sees it."""
    attempt_id, said = in_hand(quiet), list[Ask | Connect | Speak]()
    ringing = threading.Thread(target=lambda: said.append(pick_up(quiet, attempt_id, pressed=True)))
    with quiet.ledger.writing() as session:
        legal_hold(session)
        session.flush()
        ringing.start()
        ringing.join(timeout=0.2)
        assert ringing.is_alive(), "it waits for the account"
    ringing.join()
    assert isinstance(said[0], Speak)


def in_hand(desk: Desk) -> str:
    """A call that a worker has claimed, and whose request is on the wire."""
    attempt_id = asked(desk)
    with desk.ledger.writing() as session:
        attempt = session.get_one(CallAttempt, attempt_id)
        attempt.state, attempt.sent_at = "sending", desk.clock.wall()
    return attempt_id


def pick_up(desk: Desk, attempt_id: str, *, pressed: bool) -> Ask | Connect | Speak:
    with desk.ledger.writing() as session:
        return bridging.pick_up(
            session, attempt_id, SID, pressed=pressed, now=desk.clock.now(), wall=desk.clock.wall()
        )


# P3: every event once, every effect once


FOUR = (HARBOR, STANNE, SUMMIT, 3)


def test_p3_twice_shuffled_and_early_reports_come_to_the_same(centre: Centre) -> None:
    centre.sandbox.faults(
        webhooks={"duplicate": 0.5, "shuffled": 0.5, "early": 0.5, "late_amd": 0.5, "spread_ms": 50}
    )
    behaviours = dict(zip(FOUR, ("human", "machine", "no-answer", "busy"), strict=True))
    centre.sandbox.script(numbers={centre.number(one): how for one, how in behaviours.items()})
    for account_id, outcome in zip(FOUR, ("answered_human", "machine", "no_answer", "busy"), strict=True):
        attempt_id = centre.dial(account_id)
        assert centre.attempt(attempt_id).outcome == outcome
        assert_told_once(centre, attempt_id)
    assert {event.state for event in centre.events()} == {"digested"}


def test_p3_lost_reports_are_found_by_asking(centre: Centre) -> None:
    centre.sandbox.faults(webhooks={"lost": 1.0})
    centre.sandbox.script(numbers={centre.number(HARBOR): "machine", centre.number(STANNE): "bad-number"})
    # <Dial action> is a question and not lost: it tells that a leg is over, not who answered or why it fails
    for account_id, known, outcome in (
        (HARBOR, "answered_unknown", "machine"),
        (STANNE, None, "bad_number"),
    ):
        attempt_id = centre.dial(account_id)
        assert centre.attempt(attempt_id).outcome == known
        centre.reconcile()
        assert centre.attempt(attempt_id).outcome == outcome
        assert_told_once(centre, attempt_id)
        assert centre.reconcile() == [], "asked once"


def test_p3_a_lost_rep_leg_is_found_too(centre: Centre) -> None:
    centre.sandbox.faults(webhooks={"lost": 1.0})
    centre.sandbox.script(reps={"+12135550100": "no-answer"})
    attempt_id = centre.dial(HARBOR)
    assert centre.attempt(attempt_id).state == "accepted"
    centre.reconcile()
    assert centre.attempt(attempt_id).outcome == "rep_no_answer"


def test_p3_an_event_is_stored_once_however_often_it_comes(quiet: Desk) -> None:
    arrival = inbox.Arrival("CA1:0", "status", None, b"CallStatus=ringing")
    for expected in (1, 0, 0):
        with quiet.ledger.writing() as session:
            stored = inbox.store_many(session, "twilio", [arrival, arrival], wall=quiet.clock.wall())
        assert stored == expected
    assert len(quiet.rows(Event)) == 1


def assert_told_once(centre: Centre, attempt_id: str) -> None:
    first, *more = [entry for entry in centre.entries(attempt_id) if entry.outcome]
    assert first.refines is None
    assert [entry.refines for entry in more] == [first.sequence] * len(more)


@pytest.mark.parametrize("where", ["event.digesting:6", "event.digested:6"])
def test_p3_a_digest_killed_anywhere_tells_everything_once(centre: Centre, where: str) -> None:
    centre.sandbox.script(numbers={centre.number(HARBOR): "no-answer"})
    attempt_id = asked(centre)
    placed(centre, attempt_id)
    centre.sandbox.truth()
    die_at(where, centre, attempt_id, "digest")
    centre.settle_down()
    assert centre.attempt(attempt_id).outcome == "no_answer"
    assert_told_once(centre, attempt_id)
    assert [touch.state for touch in centre.touches(HARBOR)] == ["done", "open"]
    assert centre.firing(HARBOR).tries == 1
    assert {event.state for event in centre.events()} == {"digested"}


# P5: an outcome never goes back


def test_p5_what_comes_after_the_end_moves_nothing_back(centre: Centre) -> None:
    centre.sandbox.script(numbers={centre.number(HARBOR): "no-answer"})
    attempt_id = centre.dial(HARBOR)
    before = centre.attempt(attempt_id)
    touches = [(touch.id, touch.state) for touch in centre.touches(HARBOR)]
    with centre.ledger.writing() as session:  # all of it once more, as news
        for event in session.scalars(select(Event)).all():
            event.state, event.digested_at = "new", None
    centre.settle_down()
    after = centre.attempt(attempt_id)
    assert (after.state, after.outcome, after.ended_at) == (before.state, before.outcome, before.ended_at)
    assert [(touch.id, touch.state) for touch in centre.touches(HARBOR)] == touches
    assert len(centre.rows(LogEntry, LogEntry.about == attempt_id)) == 1


# P6 here: one call at a time


def test_p6_two_reps_and_two_clicks_make_one_call(quiet: Desk) -> None:
    """A number shared by two customers, clicked for both at once, many times."""
    with quiet.ledger.writing() as session:
        shared = session.scalars(select(Destination).where(Destination.address == "+13035550101")).one()
        session.scalars(select(Contact).where(Contact.account_id == OAK)).one().phone_id = shared.id
        session.scalars(select(Touch).where(Touch.account_id == OAK)).one().destination_id = shared.id
    answers: list[Requested | NotNow] = []
    people = [(HARBOR, "ana"), (OAK, "ben")] * 4
    clicks = [threading.Thread(target=lambda who=who: answers.append(quiet.click(*who))) for who in people]
    for click in clicks:
        click.start()
    for click in clicks:
        click.join()
    assert len(answers) == len(people)
    assert sum(isinstance(answer, Requested) for answer in answers) == 1
    assert all(answer.words for answer in answers if isinstance(answer, NotNow))
    assert len(quiet.rows(CallAttempt)) == 1


@contextmanager
def carrier_down(centre: Centre) -> Iterator[None]:
    real, centre.carrier._client.api.base_url = centre.carrier._client.api.base_url, "http://127.0.0.1:9"
    yield
    centre.carrier._client.api.base_url = real


def test_a_carrier_that_cannot_be_asked_proves_nothing(centre: Centre) -> None:
    centre.sandbox.faults(answers={"error": 1.0})
    attempt_id = asked(centre)
    placed(centre, attempt_id)
    with carrier_down(centre):
        for _ in range(5):
            assert centre.reconcile() == [attempt_id]
        with pytest.raises(CarrierError):
            centre.carrier.legs(SID)
    assert centre.attempt(attempt_id).state == "unknown"
