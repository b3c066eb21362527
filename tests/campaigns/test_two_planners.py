"""Two planners at once plan once, on both databases, and both databases plan the same to the row."""

import subprocess
import sys
from contextlib import closing
from datetime import date, timedelta

from sqlalchemy import func, select

from outreach.campaigns.planning import planner
from outreach.intake.assigning import Assignment, assign
from outreach.ledger.base import Ledger
from outreach.ledger.plans import Plan
from tests.campaigns.book import Book, at
from tests.campaigns.test_keeping import promise
from tests.hand_clock import HandClock
from tests.services import Databases

MON, TUE = date(2026, 12, 7), date(2026, 12, 8)
PLANNERS = 4
PLAN = """
import sys
from contextlib import closing
from datetime import date
from outreach.campaigns.planning import planner
from outreach.intake.assigning import Assignment, assign
from outreach.ledger.base import Ledger
from tests.campaigns.book import at
day = date.fromisoformat(sys.argv[1])
with closing(Ledger(sys.stdin.readline().strip())) as ledger:
    print(planner.plan(ledger, day=day, now=at(day)).written)
"""


def fill(book: Book, accounts: int = 60) -> None:
    """Accounts of every kind, for two reps with few places."""
    book.rep("ben")
    book.imported(TUE)
    for n in range(accounts):
        rep = ("ana", "ben", None)[n % 7 % 3]
        book.account(
            f"C{n:03}", rep=rep, phone=None if n % 11 == 5 else "", email=None if n % 13 == 4 else ""
        )
        for k, days in enumerate((n % 50, (n * 7) % 90, -n % 20)):
            kind = "final" if n % 9 == 0 and k == 0 else "standard"
            book.invoice(f"C{n:03}", f"I{n:03}-{k}", MON - timedelta(days), 100 + 10 * n + k, kind=kind)
        if n % 8 == 3:
            book.hold(f"I{n:03}-0", "dispute", MON)
        if n % 10 == 7:
            book.invoice(f"C{n:03}", f"CR{n:03}", MON, -90)
        if n % 6 == 2:
            promise(book, f"I{n:03}-1", on=MON - timedelta(20), due=MON - timedelta(5 - n % 9))
    given = [Assignment(f"C{n:03}", "ana") for n in range(0, accounts, 5)]
    assign(book.ledger, given, clock=HandClock(at(MON)), actor="test", introduce=True)


def test_planners_at_once_plan_once(ledger: Ledger, database_url: str, databases: Databases) -> None:
    book = Book(ledger, "[organization]\nname='M'\nzone='America/New_York'\n[desk]\ntarget = 9\n")
    fill(book)
    at_once = [
        subprocess.Popen(
            [sys.executable, "-c", PLAN, MON.isoformat()],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(PLANNERS)
    ]
    written = sorted(int(one.communicate(database_url)[0]) for one in at_once)
    assert [one.returncode for one in at_once] == [0] * PLANNERS
    assert written[:-1] == [0] * (PLANNERS - 1)
    assert written[-1] > 0
    with databases.migrated() as url, closing(Ledger(url)) as other:
        alone = Book(other, "[organization]\nname='M'\nzone='America/New_York'\n[desk]\ntarget = 9\n")
        fill(alone)
        alone.plan(MON)
        assert alone.rows() == book.rows()


def test_without_the_lease_the_unique_keys_still_hold(ledger: Ledger) -> None:
    """Two planners that both read before either wrote: the second finds every key taken."""
    book = Book(ledger)
    fill(book, accounts=20)
    slow = planner._Planning(ledger, MON, at(MON), listing=False)
    real = slow._judge

    def judge_after_the_other(session: object) -> None:
        planner._Planning(ledger, MON, at(MON), listing=False).run()
        real(session)  # type: ignore[arg-type]

    slow._judge = judge_after_the_other  # type: ignore[method-assign]
    slow.run()
    rows = book.rows()
    keys = {(one.account_id, one.channel, one.day) for one in book.touches()}
    assert len(keys) == len(book.touches())
    assert book.plan(MON).written == 0
    assert book.rows() == rows


def test_both_databases_plan_the_same_to_the_row(
    sqlite_databases: Databases, postgresql_databases: Databases
) -> None:
    seen = []
    for databases in (sqlite_databases, postgresql_databases):
        with databases.migrated() as url, closing(Ledger(url)) as ledger:
            book = Book(ledger, "[organization]\nname='M'\nzone='America/New_York'\n[desk]\ntarget = 9\n")
            fill(book)
            documents = [book.plan(day).to_json() for day in (MON, TUE)]
            seen.append((documents, book.rows()))
    assert seen[0] == seen[1]


def test_a_planner_that_died_holds_the_next_one_up_only_for_a_while(ledger: Ledger) -> None:
    book = Book(ledger)
    fill(book, accounts=5)
    with ledger.writing() as session:
        from outreach.ledger import leases
        from outreach.ledger.clock import database_time

        wall = database_time(session)
        leases.take(session, planner.LEASE, holder="dead", until=wall + timedelta(milliseconds=300), now=wall)
    assert book.plan(MON).written > 0
    with ledger.reading() as session:
        assert session.scalar(select(func.count()).select_from(Plan)) == 1
