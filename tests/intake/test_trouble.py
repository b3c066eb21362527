"""Imports that are killed, that meet, and that meet the planner's locks."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, update

from outreach.intake import run
from outreach.intake.problems import FileRefused
from outreach.intake.run import Source
from outreach.ledger import leases
from outreach.ledger.base import Ledger
from outreach.ledger.imports import Import, StagedInvoice
from outreach.ledger.leases import Lease
from outreach.ledger.locks import lock_accounts
from outreach.ledger.receivables import Account
from outreach.ledger.verification import verify
from tests.intake.conftest import AS_OF, Books
from tests.intake.files import HEADER, write

DAY = timedelta(days=1)
CHILD = """
import sys
from datetime import date
from pathlib import Path
from outreach.ledger.base import Ledger
from tests.intake.conftest import Books, StoppedClock
Books(Ledger(sys.argv[1]), StoppedClock()).bring(Path(sys.argv[2]), as_of=date.fromisoformat(sys.argv[3]))
"""


def file_of(folder: Path, count: int, amount: str, name: str) -> Path:
    rows = (f"C{n % 40:02},I{n:04},2026-10-01,2026-10-31,{amount}" for n in range(count))
    return write(folder, HEADER, *rows, name=name)


def die_at(point: str, url: str, path: Path, as_of: str) -> int:
    env = os.environ | {"OUTREACH_CRASH": point}
    command = [sys.executable, "-c", CHILD, url, str(path), as_of]
    return subprocess.run(command, env=env, cwd=Path(__file__).parents[2], check=False).returncode


def expire_leases(books: Books) -> None:
    """As if the two minutes had passed that a killed import keeps its source."""
    with books.ledger.writing() as session:
        past = books.clock.wall() - run.LEASE
        session.execute(update(Lease).values(until=past))


@pytest.mark.parametrize("point", ["import.staging:2", "import.ready", "import.chunk:2", "import.applied"])
def test_a_killed_import_is_ended_by_the_next_one_and_nothing_is_twice(
    books: Books, database_url: str, tmp_path: Path, point: str
) -> None:
    books.bring(file_of(tmp_path, 1100, "100.00", "first.csv"))
    second = file_of(tmp_path, 1000, "60.00", "second.csv")
    third = file_of(tmp_path, 1000, "50.00", "third.csv")
    assert die_at(point, database_url, second, (AS_OF + DAY).isoformat()) == 137
    with pytest.raises(FileRefused, match="Another import of the source 'ledger' is at work"):
        books.bring(third, as_of=AS_OF + 2 * DAY)
    expire_leases(books)
    if point == "import.staging:2":  # nothing was applied of it: the user imports it again
        books.bring(second, as_of=AS_OF + DAY)
    books.bring(third, as_of=AS_OF + 2 * DAY)
    opens = [books.open_on(AS_OF + n * DAY) for n in range(3)]
    assert [(len(day), set(day.values())) for day in opens] == [
        (1100, {10000}),
        (1000, {6000}),
        (1000, {5000}),
    ]
    with books.ledger.reading() as session:
        assert not session.scalars(select(StagedInvoice.id)).all()
        states = session.scalars(select(Import.state).order_by(Import.as_of)).all()
        assert states == ["applied", "applied", "applied"]
        assert not session.scalars(select(Lease)).all()
        assert not list(verify(session))


def test_an_import_that_slept_through_its_lease_writes_nothing_more(books: Books, tmp_path: Path) -> None:
    sleeper = Source(books.ledger, books.clock, "ledger")
    with sleeper.held():
        expire_leases(books)
        books.bring(file_of(tmp_path, 3, "1.00", "other.csv"))
        with pytest.raises(FileRefused, match="stood still too long"), sleeper.writing():
            raise AssertionError("the transaction began")


def test_another_source_need_not_wait(books: Books, tmp_path: Path) -> None:
    with Source(books.ledger, books.clock, "ledger").held():
        books.bring(file_of(tmp_path, 3, "1.00", "other.csv"), source="other")
    assert len(books.invoices()) == 3


def test_a_source_is_free_again_after_a_refusal(books: Books, tmp_path: Path) -> None:
    with pytest.raises(FileRefused):
        books.bring(write(tmp_path, HEADER, "A,1,2026-10-01,2026-10-31,x"))
    with books.ledger.reading() as session:
        assert not leases.is_held(session, "import:ledger", books.clock.wall())


def test_two_sources_and_a_planner_at_once_leave_what_they_would_one_by_one(
    books: Books, database_url: str, tmp_path: Path
) -> None:
    """The planner is played by what it does: it locks every account and moves their invoices' ladders."""
    files = {source: file_of(tmp_path, 600, "5.00", f"{source}.csv") for source in ("east", "west")}
    failures: list[BaseException] = []

    def bring(source: str) -> None:
        with closing(Ledger(database_url)) as ledger:
            Books(ledger, books.clock).bring(files[source], source=source)

    def plan() -> None:
        with closing(Ledger(database_url)) as ledger:
            for _ in range(20):
                with ledger.writing() as session:
                    lock_accounts(session, session.scalars(select(Account.id)).all())
                    session.execute(update(Account).values(rang_on=AS_OF))

    def guarded(work: object, *args: str) -> None:
        try:
            work(*args)  # type: ignore[operator]
        except BaseException as failure:  # noqa: BLE001 - told to the test below
            failures.append(failure)

    threads = [
        threading.Thread(target=guarded, args=args) for args in [(bring, "east"), (bring, "west"), (plan,)]
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    with books.ledger.reading() as session:
        assert len(session.scalars(select(Account.id)).all()) == 40
        assert not list(verify(session))
    for source, path in files.items():
        again = books.bring(path, source=source)
        assert (again.applied.invoices["unchanged"], bool(again.applied)) == (600, False)
