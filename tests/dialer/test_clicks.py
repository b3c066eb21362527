"""The rep's click: one call, or one sentence that says why not."""

from collections.abc import Callable
from datetime import timedelta
from multiprocessing import get_context

import pytest
from redis import Redis
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from outreach.dialer import clicks
from outreach.dialer.clicks import NotNow, Requested
from outreach.dialer.reconciling import NOT_TAKEN, reconcile
from outreach.errands import NoErrands
from outreach.ledger.attempts import CallAttempt
from outreach.ledger.destinations import Contact, Destination
from outreach.ledger.people import User
from outreach.ledger.receivables import Account
from outreach.ledger.touches import Touch
from tests.dialer import worker_process
from tests.dialer.centre import HARBOR, OAK, STANNE, Desk, NoCarrier
from tests.web.cast import NOW


def grey(desk: Desk, account_id: int = HARBOR, login: str = "ana") -> NotNow:
    answer = desk.click(account_id, login)
    assert isinstance(answer, NotNow), answer
    return answer


def test_a_click_is_a_row_and_an_errand(quiet: Desk) -> None:
    made = quiet.click(HARBOR)
    assert isinstance(made, Requested)
    attempt = quiet.attempt(made.attempt_id)
    assert (attempt.state, attempt.account_id, attempt.step) == ("requested", HARBOR, "followup_5")
    assert (quiet.touches(HARBOR)[0].state, attempt.day) == ("started", attempt.requested_at.date())
    with Redis.from_url(quiet.office.errands.redis_url) as redis:  # type: ignore[union-attr]
        assert redis.llen("rq:queue:calls") == 1


def test_a_second_click_gets_a_sentence(quiet: Desk) -> None:
    quiet.click(HARBOR)
    assert grey(quiet).words == "You are on a call already, to Harbor Clinic."
    assert grey(quiet, STANNE).words == "You are on a call already, to Harbor Clinic."
    assert grey(quiet, HARBOR, "cay").words == "Ana Lopez is calling this customer now."
    assert len(quiet.rows(CallAttempt)) == 1


def test_a_number_that_is_being_called_for_another_customer(quiet: Desk) -> None:
    with quiet.ledger.writing() as session:
        number = session.scalars(select(Destination).where(Destination.address == "+13035550101")).one()
        session.execute(update(Touch).where(Touch.account_id == OAK).values(destination_id=number.id))
    quiet.click(HARBOR)
    assert grey(quiet, OAK, "ben").words == "Ana Lopez is calling this number now, for Harbor Clinic."


def no_phone(session: Session) -> None:
    session.execute(update(User).where(User.login == "ana").values(phone=None))


def legal_hold(session: Session) -> None:
    session.get_one(Account, HARBOR).legal_hold_on = NOW.date()


def left(session: Session) -> None:
    session.execute(update(Contact).where(Contact.account_id == HARBOR).values(left_on=NOW.date()))


def opted_out(session: Session) -> None:
    session.execute(update(Contact).where(Contact.account_id == HARBOR).values(do_not_call=True))


def premium(session: Session) -> None:
    number = update(Destination).where(Destination.address == "+13035550101")
    session.execute(number.values(address="+19005550101"))


def not_theirs(session: Session) -> None:
    """A number that is no contact's of this account: no free dial."""
    other = session.scalars(select(Destination).where(Destination.address == "+13035550108")).one()
    session.execute(update(Touch).where(Touch.account_id == HARBOR).values(destination_id=other.id))


def taken(session: Session) -> None:
    session.execute(update(Touch).where(Touch.account_id == HARBOR).values(state="done"))


def tomorrow(session: Session) -> None:
    session.execute(update(Touch).where(Touch.account_id == HARBOR).values(day=NOW.date() + timedelta(1)))


def later(session: Session) -> None:
    again = NOW + timedelta(minutes=15)
    session.execute(update(Touch).where(Touch.account_id == HARBOR).values(not_before=again))


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (no_phone, "no phone number"),
        (legal_hold, "legal hold"),
        (opted_out, "call"),
        (left, ""),
        (premium, "900"),
        (not_theirs, ""),
        (taken, "done already"),
        (tomorrow, "planned for 2026-11-24"),
        (later, "again from 10:15"),
    ],
)
def test_a_grey_button_says_why(quiet: Desk, spoil: Callable[[Session], None], words: str) -> None:
    with quiet.ledger.writing() as session:
        spoil(session)
    said = grey(quiet).words
    assert words.lower() in said.lower()
    assert said
    assert quiet.rows(CallAttempt) == []
    assert quiet.touches(HARBOR)[0].state != "started"


@pytest.mark.parametrize("hours", [-6, 10], ids=["04:00 in Los Angeles", "20:00 in Los Angeles"])
def test_outside_hours_it_says_when(quiet: Desk, hours: int) -> None:
    quiet.clock.at = NOW + timedelta(hours=hours)
    answer = grey(quiet)
    assert answer.rule == "outside hours"
    assert answer.until
    assert answer.until > quiet.clock.at


def test_without_redis_nothing_is_sent_and_the_click_can_be_made_again(quiet: Desk) -> None:
    with quiet.ledger.reading() as session:
        touch = session.scalars(
            select(Touch).where(Touch.account_id == HARBOR, Touch.channel == "call")
        ).one()
    answer = clicks.request_call(
        quiet.ledger,
        NoErrands(),
        quiet.clock,
        provider="twilio",
        caller_ids=("+12125550190",),
        touch_id=touch.id,
        rep_id=1,
    )
    assert answer == NotNow(clicks.NO_WORKER)
    (attempt,) = quiet.rows(CallAttempt)
    assert (attempt.state, attempt.outcome, attempt.counts) == ("not_placed", "not_placed", False)
    assert quiet.touches(HARBOR)[0].tries == 0
    assert isinstance(quiet.click(HARBOR), Requested)


def test_a_click_no_worker_took_for_a_minute_is_taken_back(quiet: Desk) -> None:
    made = quiet.click(HARBOR)
    assert isinstance(made, Requested)
    carrier = NoCarrier()
    assert reconcile(quiet.ledger, carrier, quiet.clock) == []
    quiet.clock.ahead = timedelta(seconds=61)
    assert reconcile(quiet.ledger, carrier, quiet.clock) == [made.attempt_id]
    attempt = quiet.attempt(made.attempt_id)
    assert (attempt.state, attempt.detail) == ("not_placed", NOT_TAKEN)
    assert [entry.what for entry in quiet.entries(made.attempt_id)] == ["call withdrawn"]
    assert isinstance(quiet.click(HARBOR), Requested), "press again"


def test_clicks_of_many_processes_make_one_call(quiet: Desk) -> None:
    url = quiet.ledger.url.render_as_string(hide_password=False)
    touch_id = quiet.touches(HARBOR)[0].id
    work = [(url, quiet.office.errands.redis_url, touch_id, rep) for rep in (1, 3) * 2]  # type: ignore[union-attr]
    with get_context("spawn").Pool(2) as pool:
        answers = pool.starmap(worker_process.click, work)
    assert len(quiet.rows(CallAttempt)) == 1
    assert sum(" " not in answer for answer in answers) == 1, answers
