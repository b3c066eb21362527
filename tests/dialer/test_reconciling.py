"""What nobody told us is found by asking; what cannot be told goes to a person."""

from datetime import timedelta
from functools import partial

import pytest

from outreach.dialer import calls, endings
from outreach.dialer.clicks import Requested
from outreach.dialer.deciding import decide
from outreach.ledger import attempts
from outreach.ledger.attempts import CallAttempt
from outreach.ledger.log import LogText
from outreach.ledger.tasks import Task
from outreach.rules.outcomes import Outcome
from tests.dialer.centre import ANA, HARBOR, OAK, STANNE, Centre


def in_doubt(centre: Centre, account_id: int = HARBOR, login: str = "ana") -> str:
    """A worker claimed the click and died before, or just after, its request."""
    made = centre.click(account_id, login)
    assert isinstance(made, Requested)
    with centre.ledger.writing() as session:
        attempt = session.get_one(CallAttempt, made.attempt_id)
        attempt.state, attempt.sent_at, attempt.moved_at = "sending", centre.clock.wall(), centre.clock.wall()
    return made.attempt_id


def rung_unheard(centre: Centre, attempt_id: str) -> None:
    """The carrier rings the rep for it, and nothing it says about it reaches the door."""
    attempt = centre.attempt(attempt_id)
    nowhere = "http://127.0.0.1:9/"
    centre.sandbox.ring(attempt_id, to=ANA, from_=attempt.caller_id, url=nowhere, status_callback=nowhere)
    centre.sandbox.truth()


def test_by_the_policy_nothing_is_asked_too_soon(centre: Centre) -> None:
    attempt_id = in_doubt(centre)
    assert centre.reconcile(None) == []
    centre.clock.ahead = timedelta(minutes=2, seconds=1)
    assert centre.reconcile(None) == [attempt_id]
    assert centre.attempt(attempt_id).state == "unknown"
    assert centre.reconcile(None) == [], "not again at once"
    centre.clock.ahead = timedelta(minutes=5)
    centre.reconcile(None)
    assert centre.attempt(attempt_id).state == "unknown", "twice, but not yet ten minutes"
    centre.clock.ahead = timedelta(minutes=10, seconds=1)
    centre.reconcile(None)
    attempt = centre.attempt(attempt_id)
    assert (attempt.state, attempt.outcome) == ("not_placed", "not_placed")
    (entry,) = centre.entries(attempt_id)
    assert centre.rows(LogText, LogText.id == entry.text_id)[0].body == attempt.detail


def test_the_one_unclaimed_call_is_this_one(centre: Centre) -> None:
    centre.dial(HARBOR)  # an earlier call of the same rep, claimed
    attempt_id = in_doubt(centre, STANNE)
    centre.sandbox.script(reps={ANA: "no-answer"})
    rung_unheard(centre, attempt_id)
    centre.reconcile()
    attempt = centre.attempt(attempt_id)
    assert (attempt.state, attempt.outcome) == ("ended", "rep_no_answer")
    assert "CA" in str(attempt.detail), "the evidence names what was found"
    assert [entry.what for entry in centre.entries(attempt_id)] == ["call found by asking", "call ended"]


def test_several_candidates_are_a_persons_to_tell_apart(centre: Centre) -> None:
    attempt_id = in_doubt(centre)
    rung_unheard(centre, attempt_id)
    rung_unheard(centre, attempt_id)
    for _ in range(3):
        centre.reconcile()
    assert centre.attempt(attempt_id).state == "unknown"
    (task,) = centre.rows(Task, Task.kind == "call in doubt")
    assert (task.for_role, task.account_id) == ("supervisor", HARBOR)


def test_a_call_stuck_in_the_carriers_queue_is_ended(centre: Centre) -> None:
    """Twilio may keep a call for hours, and ring when nobody may be called any more."""
    centre.sandbox.faults(calls={"queued": 1.0, "queue_ms": 60_000})
    made = centre.click(HARBOR)
    assert isinstance(made, Requested)
    calls.place(centre.ledger, centre.carrier, centre.clock, made.attempt_id)
    centre.reconcile()
    centre.settle_down()
    attempt = centre.attempt(made.attempt_id)
    assert (attempt.state, attempt.outcome, attempt.counts) == ("ended", "canceled", False)
    assert centre.rings(made.attempt_id) == (1, 0)


def forgotten(centre: Centre, state: str) -> str:
    """A call of which the carrier knows nothing any more, and the reconciler has asked a person."""
    attempt_id = in_doubt(centre)
    with centre.ledger.writing() as session:
        attempt = session.get_one(CallAttempt, attempt_id)
        attempt.state, attempt.provider_ref = state, "CA" + "0" * 32
        attempt.bridging_at = centre.clock.now() if state == "bridging" else None
    centre.reconcile()
    return attempt_id


def test_a_call_the_carrier_has_forgotten_goes_to_a_person(centre: Centre) -> None:
    forgotten(centre, "accepted")
    assert [task.title for task in centre.rows(Task, Task.kind == "call in doubt")] == [
        "The carrier does not know a call it had accepted"
    ]


@pytest.mark.parametrize(
    ("state", "rang", "end"),
    [
        ("unknown", False, ("not_placed", "not_placed", False)),
        ("accepted", False, ("ended", "canceled", False)),
        ("accepted", True, ("ended", "no_answer", True)),
        ("bridging", True, ("ended", "no_answer", True)),
    ],
)
def test_a_person_decides_what_became_of_a_call_in_doubt(
    centre: Centre, state: str, rang: bool, end: tuple[str, str, bool]
) -> None:
    attempt_id = forgotten(centre, state)
    decided = partial(
        decide, attempt_id=attempt_id, by="sam", now=centre.clock.now(), wall=centre.clock.wall()
    )
    with centre.ledger.writing() as session:
        assert decided(session, rang=rang)
    with centre.ledger.writing() as session:
        assert not decided(session, rang=not rang), "once, and the first answer stands"
    attempt = centre.attempt(attempt_id)
    assert (attempt.state, attempt.outcome, attempt.counts) == end
    assert attempt.detail == f"sam decided: {'it rang' if rang else 'it never rang'}"
    assert [task.done_by for task in centre.rows(Task, Task.kind == "call in doubt")] == ["sam"]
    assert [entry.what for entry in centre.entries(attempt_id)].count("call ended") == 1


def test_a_call_that_is_not_in_doubt_is_nobodys_to_decide(centre: Centre) -> None:
    made = centre.click(HARBOR)
    assert isinstance(made, Requested)
    now, wall = centre.clock.now(), centre.clock.wall()
    with centre.ledger.writing() as session:
        assert not decide(session, made.attempt_id, rang=False, by="sam", now=now, wall=wall)
    assert centre.attempt(made.attempt_id).state == "requested"


def test_a_call_in_doubt_that_ends_by_itself_is_nobodys_task_any_more(centre: Centre) -> None:
    attempt_id = forgotten(centre, "accepted")
    with centre.ledger.writing() as session:
        attempt = attempts.lock(session, attempt_id)
        assert attempt
        now, wall = centre.clock.now(), centre.clock.wall()
        endings.end(session, attempt, Outcome.REP_NO_ANSWER, now=now, wall=wall)
    assert [task.done_by for task in centre.rows(Task, Task.kind == "call in doubt")] == ["carrier"]


@pytest.mark.parametrize("when", ["waiting", "talking"])
def test_the_rep_hangs_up_from_the_desk(centre: Centre, when: str) -> None:
    made = centre.click(HARBOR)
    assert isinstance(made, Requested)
    if when == "waiting":
        calls.hang_up(centre.ledger, centre.carrier, centre.clock, made.attempt_id)
        assert centre.attempt(made.attempt_id).state == "not_placed"
        calls.place(centre.ledger, centre.carrier, centre.clock, made.attempt_id)
        assert centre.rings(made.attempt_id) == (0, 0)
        return
    centre.sandbox.faults(calls={"queued": 1.0, "queue_ms": 60_000})
    calls.place(centre.ledger, centre.carrier, centre.clock, made.attempt_id)
    for _ in range(2):  # idempotent
        calls.hang_up(centre.ledger, centre.carrier, centre.clock, made.attempt_id)
        centre.settle_down()
    assert centre.attempt(made.attempt_id).outcome == "canceled"


def test_what_goes_wrong_with_one_call_stops_no_other(centre: Centre) -> None:
    broken, sound = in_doubt(centre), in_doubt(centre, OAK, "ben")
    with centre.ledger.writing() as session:
        session.get_one(CallAttempt, broken).sent_at = None  # a row no code of ours writes
    assert centre.reconcile() == [broken, sound]
    assert centre.attempt(sound).state == "unknown"
