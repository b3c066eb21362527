"""The two transactions, the locks' order, and the small rows that keep turns: leases, pace, the clock."""

import threading
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import func, select

from outreach.ledger import clock, leases, locks, pace
from outreach.ledger.base import Ledger, new_id
from outreach.ledger.receivables import Account

NOW = datetime(2026, 11, 23, 15, 0, tzinfo=UTC)


def add_account(ledger: Ledger, number: str) -> None:
    with ledger.writing() as session:
        session.add(Account(number=number, name=number, created_at=NOW))


def count(ledger: Ledger) -> int:
    with ledger.reading() as session:
        return session.execute(select(func.count()).select_from(Account)).scalar_one()


def test_writing_commits_at_its_end_and_rolls_back_when_it_raises(ledger: Ledger) -> None:
    add_account(ledger, "A")
    with pytest.raises(RuntimeError, match="stop"), ledger.writing() as session:
        session.add(Account(number="B", name="B", created_at=NOW))
        session.flush()
        raise RuntimeError("stop")
    assert count(ledger) == 1


def test_reading_never_writes(ledger: Ledger) -> None:
    with ledger.reading() as session:
        session.add(Account(number="A", name="A", created_at=NOW))
        session.flush()
    assert count(ledger) == 0


def test_many_writers_at_once_all_get_their_turn(ledger: Ledger) -> None:
    threads = [threading.Thread(target=add_account, args=(ledger, f"A{n}")) for n in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert count(ledger) == 16


def test_a_naive_time_is_refused(ledger: Ledger) -> None:
    with pytest.raises(Exception, match="naive"), ledger.writing() as session:
        session.add(Account(number="A", name="A", created_at=datetime(2026, 1, 1)))  # noqa: DTZ001
        session.flush()


def test_times_come_back_in_utc(ledger: Ledger) -> None:
    add_account(ledger, "A")
    with ledger.reading() as session:
        assert session.execute(select(Account.created_at)).scalar_one() == NOW


def test_a_destination_is_never_locked_before_its_account(ledger: Ledger) -> None:
    with ledger.writing() as session:
        locks.lock_destinations(session, [1])
        with pytest.raises(locks.LockOrderError):
            locks.lock_accounts(session, [1])


def test_ids_are_short_lower_case_and_never_the_same() -> None:
    ids = {new_id() for _ in range(1000)}
    assert len(ids) == 1000
    assert all(len(one) == 15 and one.isalnum() and one == one.lower() for one in ids)


def test_a_lease_is_held_by_one_runs_out_and_ends(ledger: Ledger) -> None:
    later = NOW + timedelta(minutes=5)

    def take(holder: str, at: datetime) -> bool:
        with ledger.writing() as session:
            return leases.take(
                session, "plan:2026-11-23", holder=holder, until=at + timedelta(minutes=5), now=at
            )

    assert take("one", NOW)
    assert not take("two", NOW)
    assert take("two", later)
    with ledger.writing() as session:
        leases.finish(session, "plan:2026-11-23", holder="two", now=later)
    assert not take("three", later + timedelta(hours=1))


def test_pace_spaces_requests_and_keeps_a_push_back(ledger: Ledger) -> None:
    second = timedelta(seconds=1)
    with ledger.writing() as session:
        assert pace.reserve(session, "twilio", n=3, interval=second, now=NOW) == NOW
        assert pace.reserve(session, "twilio", n=1, interval=second, now=NOW) == NOW + 3 * second
        pace.push_back(session, "twilio", until=NOW + 60 * second, now=NOW)
        pace.push_back(session, "twilio", until=NOW + 10 * second, now=NOW)
        assert pace.reserve(session, "twilio", n=1, interval=second, now=NOW) == NOW + 60 * second
        assert pace.reserve(session, "sendgrid", n=1, interval=second, now=NOW) == NOW


def test_every_process_reads_the_demo_clock_from_its_row(ledger: Ledger) -> None:
    one, other = clock.ShiftedClock(ledger, stale=0), clock.ShiftedClock(ledger, stale=0)
    with ledger.writing() as session:
        assert not clock.is_shifted(session)
        clock.set_shift(session, timedelta(days=3))
    for each in (one, other):
        assert each.now() - each.wall() > timedelta(days=2, hours=23)


def test_two_sessions_lock_a_rep_day_that_did_not_exist(ledger: Ledger) -> None:
    from outreach.ledger.people import User

    with ledger.writing() as session:
        session.add(User(login="ana", role="rep", name="Ana", password_hash="-", created_at=NOW))
    for _ in range(2):
        with ledger.writing() as session:
            locks.lock_rep_day(session, 1, date(2026, 11, 23))
