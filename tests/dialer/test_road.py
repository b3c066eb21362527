"""From the click to the outcome, over the wire: the real client, the real door, the sandbox as Twilio."""

from datetime import UTC, date, datetime, timedelta

import pytest

from outreach.ledger.destinations import Contact, Destination
from outreach.ledger.log import LogText
from outreach.ledger.tasks import Task
from tests.dialer.centre import ANA, HARBOR, OAK, Centre
from tests.web.cast import NOW, TODAY

TUESDAY = date(2026, 11, 24)
RANG = ("answered_human", "answered_unknown", "machine", "no_answer", "fax")


def test_a_click_rings_the_rep_then_the_customer_and_is_logged_once(centre: Centre) -> None:
    centre.sandbox.script(numbers={centre.number(HARBOR): "human"})
    attempt_id = centre.dial(HARBOR)
    attempt = centre.attempt(attempt_id)
    assert (attempt.state, attempt.outcome, attempt.counts) == ("ended", "answered_human", True)
    assert attempt.provider_ref
    assert attempt.customer_ref
    assert attempt.seconds
    assert attempt.connected_at
    assert centre.rings(attempt_id) == (1, 1)
    (entry,) = [entry for entry in centre.entries(attempt_id) if entry.refines is None]
    assert (entry.actor, entry.channel, entry.direction, entry.outcome) == (
        *("ana", "call", "out"),
        "answered_human",
    )
    assert entry.invoices == ["INV-1001"]
    assert {event.state for event in centre.events()} == {"digested"}


@pytest.mark.parametrize(
    ("behaviour", "outcome", "counts", "touch", "again"),
    [
        # again: day and moment of the next touch, and which number of that day it is
        ("human", "answered_human", True, "done", None),
        ("answered", "answered_unknown", True, "done", None),
        ("machine", "machine", True, "done", (TUESDAY, datetime(2026, 11, 24, 16, 0, tzinfo=UTC), 1)),
        ("no-answer", "no_answer", True, "done", (TODAY, NOW + timedelta(hours=2), 2)),
        ("busy", "busy", False, "done", (TODAY, NOW + timedelta(minutes=15), 2)),
        ("fax", "fax", True, "failed", None),
        ("bad-number", "bad_number", False, "failed", None),
        ("blocked", "blocked", False, "failed", None),
    ],
)
def test_each_outcome_has_its_next_step(
    centre: Centre,
    behaviour: str,
    outcome: str,
    counts: bool,
    touch: str,
    again: tuple[date, datetime, int] | None,
) -> None:
    centre.sandbox.script(numbers={centre.number(HARBOR): behaviour})
    attempt = centre.attempt(centre.dial(HARBOR))
    assert (attempt.outcome, attempt.counts) == (outcome, counts)
    first, *later = centre.touches(HARBOR)
    assert (first.state, first.reason) == (touch, outcome)
    assert [(one.day, one.not_before, one.n) for one in later] == ([again] if again else [])
    assert all(one.state == "open" and one.rank == first.rank for one in later)
    firing = centre.firing(HARBOR)
    assert (firing.state, firing.call_side) == ("open", "open")
    assert firing.tries == (outcome in RANG)
    assert firing.call_again_on == (again[0] if again else None)


@pytest.mark.parametrize(
    ("behaviour", "why"), [("bad-number", "bad number"), ("fax", "fax"), ("blocked",) * 2]
)
def test_a_dead_number_is_marked_and_the_next_contact_called_at_once(
    centre: Centre, behaviour: str, why: str
) -> None:
    with centre.ledger.writing() as session:
        phone = Destination(kind="phone", address="+13035550177", zones="America/Denver", created_at=NOW)
        session.add(phone)
        session.flush()
        second = Contact(account_id=HARBOR, name="Second Person", rank=2, phone_id=phone.id)
        session.add(second)
    centre.sandbox.script(numbers={centre.number(HARBOR): behaviour, "+13035550177": "human"})
    first = centre.attempt(centre.dial(HARBOR))
    number = centre.rows(Destination, Destination.id == first.destination_id)[0]
    assert (number.bad_why, bool(number.bad_at)) == (why, True)
    (again,) = [touch for touch in centre.touches(HARBOR) if touch.state == "open"]
    assert (again.day, again.n, again.contact_id) == (TODAY, 2, second.id)
    assert [task.kind for task in centre.rows(Task, Task.account_id == HARBOR)] == ["mend contact"]
    assert centre.attempt(centre.dial(HARBOR)).outcome == "answered_human"


def test_with_nobody_else_to_call_the_firing_says_so(centre: Centre) -> None:
    centre.sandbox.script(numbers={centre.number(HARBOR): "bad-number"})
    centre.dial(HARBOR)
    assert centre.firing(HARBOR).call_rule == "no number"


def test_a_failure_is_tried_again_inside_the_touch_then_the_next_day(centre: Centre) -> None:
    centre.sandbox.script(numbers={centre.number(HARBOR): "failed"})
    for tries in (1, 2, 3):
        assert centre.attempt(centre.dial(HARBOR)).outcome == "failed"
        (touch,) = centre.touches(HARBOR)
        assert (touch.state, touch.tries) == ("open", tries)
        assert touch.not_before == centre.clock.at + timedelta(minutes=15)
        centre.clock.at += timedelta(minutes=15)
    centre.dial(HARBOR)
    touch, again = centre.touches(HARBOR)
    assert (touch.state, touch.reason, again.day) == ("failed", "failed", TUESDAY)
    assert centre.firing(HARBOR).tries == 0, "not counted against the customer"


def test_three_calls_that_rang_end_the_side_unreached_with_a_task(centre: Centre) -> None:
    centre.sandbox.script(numbers={centre.number(HARBOR): "no-answer"})
    for _ in range(2):
        centre.dial(HARBOR)
        centre.clock.at = centre.touches(HARBOR)[-1].not_before or NOW
    last = centre.touches(HARBOR)[-1]
    assert (last.day, last.not_before) == (TUESDAY, datetime(2026, 11, 24, 16, 0, tzinfo=UTC)), (
        "the other half"
    )
    centre.dial(HARBOR)
    firing = centre.firing(HARBOR)
    assert (firing.call_side, firing.email_side, firing.state, firing.tries) == (
        "unreached",
        "open",
        "open",
        3,
    )
    assert all(touch.state == "done" for touch in centre.touches(HARBOR))
    assert "unreached" in [task.kind for task in centre.rows(Task, Task.account_id == HARBOR)]


@pytest.mark.parametrize("behaviour", ["ignores", "voicemail", "no-answer", "busy", "failed"])
def test_a_rep_who_does_not_press_a_key_never_rings_the_customer(centre: Centre, behaviour: str) -> None:
    centre.sandbox.script(reps={ANA: behaviour})
    attempt_id = centre.dial(HARBOR)
    attempt = centre.attempt(attempt_id)
    assert (attempt.state, attempt.outcome, attempt.counts) == ("ended", "rep_no_answer", False)
    assert centre.rings(attempt_id) == (1, 0)
    (touch,) = centre.touches(HARBOR)
    assert (touch.state, touch.tries) == ("open", 1)


def test_a_rep_who_hangs_up_while_it_rings_cancels_a_call_that_counts(centre: Centre) -> None:
    centre.sandbox.script(reps={ANA: "hangs-up"}, numbers={centre.number(HARBOR): "no-answer"})
    attempt = centre.attempt(centre.dial(HARBOR))
    assert (attempt.outcome, attempt.counts) == ("canceled", True)


@pytest.mark.parametrize(
    ("code", "outcome", "task"),
    [
        ("20003", "failed", "carrier"),
        ("21216", "rep_no_answer", "carrier"),
        ("10004", "not_placed", None),
        ("21205", "failed", None),
    ],
)
def test_a_refusal_is_written_down_with_its_words(
    centre: Centre, code: str, outcome: str, task: str | None
) -> None:
    centre.sandbox.script(reps={ANA: code})
    attempt_id = centre.dial(HARBOR)
    attempt = centre.attempt(attempt_id)
    assert (attempt.state, attempt.outcome, attempt.counts) == ("refused", outcome, False)
    (entry,) = centre.entries(attempt_id)
    assert entry.outcome == outcome
    assert centre.rows(LogText, LogText.id == entry.text_id)[0].body == attempt.detail
    assert [one.kind for one in centre.rows(Task, Task.for_role == "admin")] == ([task] if task else [])
    (touch,) = centre.touches(HARBOR)
    assert (touch.state, touch.not_before) == ("open", NOW + timedelta(minutes=15))


def test_too_many_requests_push_the_pace_back(centre: Centre) -> None:
    centre.sandbox.faults(answers={"throttled": 1.0, "retry_after": 60})
    attempt = centre.attempt(centre.dial(HARBOR))
    assert (attempt.state, attempt.outcome) == ("refused", "not_placed")
    centre.clock.at += timedelta(minutes=15)
    withdrawn = centre.attempt(centre.dial(HARBOR))
    assert (withdrawn.state, withdrawn.sent_at) == ("not_placed", None), "nothing leaves before its turn"
    assert "no more calls just now" in str(withdrawn.detail)


def test_an_extension_is_dialled_after_the_answer(centre: Centre) -> None:
    centre.sandbox.script(numbers={centre.number(OAK): "machine"})
    attempt_id = centre.dial(OAK, "ben")
    customer = [call for call in centre.sandbox.truth()["calls"] if call["parent_sid"]]
    assert [call["digits"] for call in customer] == ["ww12"]
    assert centre.attempt(attempt_id).outcome == "answered_unknown", "Twilio does not listen then"


def test_the_customer_sees_the_caller_id_of_the_order(centre: Centre) -> None:
    attempt = centre.attempt(centre.dial(HARBOR))
    rep, customer = sorted(centre.sandbox.truth()["calls"], key=lambda call: bool(call["parent_sid"]))
    assert rep["from_"] == customer["from_"] == attempt.caller_id
    assert attempt.caller_id in centre.office.caller_ids
    assert (rep["to"], customer["to"]) == (ANA, centre.number(HARBOR))
