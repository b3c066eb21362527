"""What waits for a person, and the figures of the day."""

import pytest
from sqlalchemy import select, update

from outreach.ledger.attempts import CallAttempt
from outreach.ledger.base import Ledger
from outreach.ledger.inbox import Arrival, Event, store_many
from outreach.ledger.log import LogEntry
from outreach.ledger.tasks import Task
from outreach.ledger.touches import Touch
from tests.hand_clock import HandClock
from tests.web.cast import NOW, TODAY
from tests.web.conftest import SignedIn
from tests.web.doubtful_call import keep_doubtful_call


def test_a_task_done_leaves_the_tray_and_is_in_the_log(ledger: Ledger, signed_in: SignedIn) -> None:
    ana = signed_in("ana")
    assert "Send the visit reports" in ana.get("/inbox").text
    with ledger.reading() as session:
        task_id = session.scalars(select(Task.id)).one()
    assert ana.post(f"/inbox/tasks/{task_id}/done").location == "/inbox"
    assert "Send the visit reports" not in ana.get("/inbox").text
    with ledger.reading() as session:
        task = session.get_one(Task, task_id)
        entry = session.scalars(select(LogEntry).where(LogEntry.what == "task done")).one()
    assert (task.done_by, task.done_at, entry.actor, entry.account_id) == ("ana", NOW, "ana", 5)


def test_a_task_done_twice_is_logged_once(ledger: Ledger, signed_in: SignedIn) -> None:
    ana = signed_in("ana")
    with ledger.reading() as session:
        task_id = session.scalars(select(Task.id)).one()
    for _ in range(2):
        ana.post(f"/inbox/tasks/{task_id}/done")
    with ledger.reading() as session:
        assert len(session.scalars(select(LogEntry).where(LogEntry.what == "task done")).all()) == 1


@pytest.mark.parametrize(("role", "sees"), [("rep", {"cay", "sam"}), ("supervisor", {"sam", "ada"})])
def test_a_task_is_seen_by_whom_it_is_for(
    ledger: Ledger, signed_in: SignedIn, role: str, sees: set[str]
) -> None:
    with ledger.writing() as session:
        session.execute(update(Task).values(for_role=role))
        task_id = session.scalars(select(Task.id)).one()
    for login in ("ben", "cay", "sam", "ada"):
        if login in sees:
            assert "visit reports" in signed_in(login).get("/inbox").text
        elif login == "ben" or role == "supervisor":
            assert "visit reports" not in signed_in(login).get("/inbox").text
            assert signed_in(login).post(f"/inbox/tasks/{task_id}/done").status_code == 404


@pytest.fixture
def parked(ledger: Ledger, clock: HandClock) -> int:
    with ledger.writing() as session:
        arrivals = [Arrival("CA1:completed", "status", "nosuchattempt", b"x=1")]
        store_many(session, "twilio", arrivals, wall=clock.wall(), state="parked", detail="nobody knows it")
        return session.scalars(select(Event.id)).one()


def test_a_report_nobody_can_place_is_for_supervisors(signed_in: SignedIn, parked: int) -> None:
    assert "nobody knows it" in signed_in("sam").get("/inbox").text
    assert "nobody knows it" not in signed_in("ana").get("/inbox").text
    assert signed_in("ana").post(f"/inbox/events/{parked}/put-away").status_code == 404


@pytest.mark.parametrize(("deed", "state"), [("again", "new"), ("put-away", "put away")])
def test_a_parked_report_is_tried_again_or_put_away(
    ledger: Ledger, signed_in: SignedIn, parked: int, deed: str, state: str
) -> None:
    sam = signed_in("sam")
    assert sam.post(f"/inbox/events/{parked}/{deed}").location == "/inbox"
    assert "nobody knows it" not in sam.get("/inbox").text
    with ledger.reading() as session:
        assert session.get_one(Event, parked).state == state
    assert sam.post(f"/inbox/events/{parked}/{deed}").status_code == 404, "once"


@pytest.fixture
def doubtful(ledger: Ledger, clock: HandClock) -> str:
    with ledger.writing() as session:
        return keep_doubtful_call(session, wall=clock.wall())


@pytest.mark.parametrize(("rang", "outcome"), [("yes", "no_answer"), ("no", "canceled")])
def test_a_supervisor_decides_a_call_in_doubt(
    ledger: Ledger, signed_in: SignedIn, doubtful: str, rang: str, outcome: str
) -> None:
    sam = signed_in("sam")
    page = sam.get("/inbox").text
    assert page.count("The carrier does not know a call it had accepted") == 1, "not among the tasks as well"
    assert sam.post(f"/inbox/calls/{doubtful}/decide", rang=rang).location == "/inbox"
    assert "Calls in doubt" not in sam.get("/inbox").text
    with ledger.reading() as session:
        assert session.get_one(CallAttempt, doubtful).outcome == outcome
    sam.post(f"/inbox/calls/{doubtful}/decide", rang=rang)
    assert "It is not in doubt any more" in sam.get("/inbox").text


def test_a_call_in_doubt_is_no_reps_to_decide(signed_in: SignedIn, doubtful: str) -> None:
    assert "Calls in doubt" not in signed_in("ana").get("/inbox").text
    assert signed_in("ana").post(f"/inbox/calls/{doubtful}/decide", rang="no").status_code == 404
    assert signed_in("sam").post(f"/inbox/calls/{doubtful}/decide", rang="?").status_code == 400


def test_the_board_counts_what_waits_for_a_release(ledger: Ledger, signed_in: SignedIn) -> None:
    _hold(ledger, 2)
    page = signed_in("sam").get("/board").text
    assert '/board/letters/held" aria-label="2: letters held"' in page
    assert "/board/letters/release" in page


def test_a_release_lets_held_letters_leave_and_is_logged(ledger: Ledger, signed_in: SignedIn) -> None:
    _hold(ledger, 2)
    sam = signed_in("sam")
    assert sam.post("/board/letters/release").location == "/board"
    assert "/board/letters/release" not in sam.get("/board").text
    with ledger.reading() as session:
        states = session.scalars(select(Touch.state).where(Touch.channel == "email")).all()
        actors = session.scalars(select(LogEntry.actor).where(LogEntry.actor == "sam")).all()
    assert set(states) == {"open"}
    assert actors


def test_the_board_refreshes_by_one_block(signed_in: SignedIn) -> None:
    sam = signed_in("sam")
    block = sam.get("/board", **{"HX-Request": "true", "HX-Target": "figures"}).text
    assert block.strip().startswith('<div id="figures"')
    assert "Ana Lopez" in block


def _hold(ledger: Ledger, letters: int) -> None:
    with ledger.writing() as session:
        session.add_all(
            Touch(
                account_id=account_id,
                channel="email",
                day=TODAY,
                state="held",
                step="followup_5",
                currency="USD",
                reasons=[],
                destination_id=2 * account_id,
                created_at=NOW,
            )
            for account_id in range(1, letters + 1)
        )
