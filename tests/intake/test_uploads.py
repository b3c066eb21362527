"""Workers that die over a file of the page: the next one ends it, and nothing is applied twice."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, update

from outreach.intake import receiving, uploads
from outreach.ledger.imports import Import, StagedInvoice
from outreach.ledger.leases import Lease
from outreach.ledger.uploads import Upload
from outreach.ledger.verification import verify
from tests.intake.conftest import AS_OF, Books
from tests.intake.test_trouble import file_of

ROOT = Path(__file__).parents[2]
CHILD = """
import sys
from pathlib import Path
from outreach.intake import uploads
from outreach.ledger.base import Ledger
from tests.intake.conftest import StoppedClock
uploads.work(Ledger(sys.argv[1]), StoppedClock(), Path(sys.argv[2]), lambda _: None)
"""


def put(books: Books, folder: Path, file: Path, source: str = "ledger") -> str:
    with file.open("rb") as content:
        return receiving.receive(
            books.ledger,
            folder / "files",
            content,
            file.name,
            source=source,
            as_of=AS_OF,
            by="sam",
            now=books.clock.now(),
        )


def work(books: Books, folder: Path) -> None:
    uploads.work(books.ledger, books.clock, folder / "files", lambda _: None)


def found(books: Books, upload_id: str) -> Upload:
    with books.ledger.reading() as session:
        return session.get_one(Upload, upload_id)


def ask(books: Books, upload_id: str) -> bool:
    with books.ledger.writing() as session:
        it = session.get_one(Upload, upload_id)
        return receiving.apply(
            session,
            it,
            it.round,
            control_totals={},
            differences_accepted=False,
            closed_accepted=False,
            by="sam",
            now=books.clock.now(),
        )


def die_at(point: str, url: str, folder: Path) -> None:
    env = os.environ | {"OUTREACH_CRASH": point}
    command = [sys.executable, "-c", CHILD, url, str(folder / "files")]
    assert subprocess.run(command, env=env, cwd=ROOT, check=False).returncode != 0


def expire_leases(books: Books) -> None:
    """As if the two minutes had passed that a killed worker keeps what it was at."""
    with books.ledger.writing() as session:
        session.execute(update(Lease).values(until=books.clock.wall() - timedelta(minutes=3)))


@pytest.mark.parametrize("point", ["import.staging:2"])
def test_a_worker_killed_while_it_reads_is_followed_by_another(
    books: Books, database_url: str, tmp_path: Path, point: str
) -> None:
    upload_id = put(books, tmp_path, file_of(tmp_path, 1200, "10.00", "open.csv"))
    die_at(point, database_url, tmp_path)
    assert found(books, upload_id).state == "reading"
    work(books, tmp_path)
    assert found(books, upload_id).state == "reading", "the dead one still holds it"
    expire_leases(books)
    work(books, tmp_path)
    it = found(books, upload_id)
    assert it.state == "previewed"
    with books.ledger.reading() as session:
        assert set(session.scalars(select(StagedInvoice.import_id))) == {it.import_id}


@pytest.mark.parametrize("point", ["import.ready", "import.chunk:2", "import.applied"])
def test_a_worker_killed_while_it_applies_is_followed_by_another(
    books: Books, database_url: str, tmp_path: Path, point: str
) -> None:
    upload_id = put(books, tmp_path, file_of(tmp_path, 1200, "10.00", "open.csv"))
    work(books, tmp_path)
    assert ask(books, upload_id)
    die_at(point, database_url, tmp_path)
    assert found(books, upload_id).state == "applying"
    expire_leases(books)
    work(books, tmp_path)
    it = found(books, upload_id)
    assert it.state == "applied"
    assert it.result
    assert it.result["open_after"] == {"USD": "12000.00"}
    assert sum(books.open_on(AS_OF).values()) == 1_200_000
    with books.ledger.reading() as session:
        assert list(verify(session)) == []
        assert [row.state for row in session.scalars(select(Import))] == ["applied"]
        assert session.scalars(select(StagedInvoice)).first() is None
    assert not ask(books, upload_id)


def test_a_file_applied_by_command_meanwhile_is_told_anew(books: Books, tmp_path: Path) -> None:
    file = file_of(tmp_path, 30, "10.00", "open.csv")
    upload_id = put(books, tmp_path, file)
    work(books, tmp_path)
    books.bring(file)
    assert ask(books, upload_id)
    work(books, tmp_path)
    it = found(books, upload_id)
    assert (it.state, it.round, it.said) == ("previewed", 2, uploads.MOVED)
    assert it.preview
    assert it.preview["invoices"]["unchanged"] == 30
    assert ask(books, upload_id)
    work(books, tmp_path)
    assert found(books, upload_id).state == "applied"
    with books.ledger.reading() as session:
        assert len(session.scalars(select(Import)).all()) == 1, "it changed nothing, so no trace stays"


def test_the_page_and_a_dry_run_tell_the_same(books: Books, tmp_path: Path) -> None:
    file = file_of(tmp_path, 30, "10.00", "open.csv")
    told = books.bring(file, dry_run=True).document()
    upload_id = put(books, tmp_path, file)
    work(books, tmp_path)
    shown = found(books, upload_id).preview
    assert shown
    assert {name: shown[name] for name in told} == told


def test_a_file_at_which_every_worker_dies_stands_in_nobodys_way(books: Books, tmp_path: Path) -> None:
    first = put(books, tmp_path, file_of(tmp_path, 3, "10.00", "first.csv"))
    second = put(books, tmp_path, file_of(tmp_path, 3, "10.00", "second.csv"))
    with books.ledger.writing() as session:
        session.get_one(Upload, first).tries = uploads.MOST_TRIES
    work(books, tmp_path)
    assert (found(books, first).state, found(books, first).said) == ("refused", uploads.BROKEN)
    assert (found(books, second).state, found(books, second).tries) == ("previewed", 0)
