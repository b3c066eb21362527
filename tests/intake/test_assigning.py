"""Who works which account: by command, by file, and by the columns of an import."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import select, update

from outreach.intake.assigning import Assignment, assign, assign_file
from outreach.intake.problems import FileRefused
from outreach.ledger.log import LogEntry
from outreach.ledger.people import User
from tests.intake.conftest import AS_OF, Books
from tests.intake.files import HEADER, write

ROW = "{},{},2026-10-01,2026-10-31,5,{},{}"


def bring(books: Books, folder: Path, *rows: tuple[str, str, str, str]) -> list[str]:
    """Import rows of (account, invoice, rep, parent); the warnings."""
    path = write(folder, [*HEADER, "Rep", "Parent"], *(ROW.format(*row) for row in rows))
    return books.bring(path, as_of=AS_OF).warnings


def reps(books: Books) -> dict[str, str | None]:
    with books.ledger.reading() as session:
        logins = {user.id: user.login for user in session.scalars(select(User))}
    return {number: logins.get(row.rep_id or 0) for number, row in books.accounts().items()}


def test_an_account_changes_hands_once(books: Books, tmp_path: Path) -> None:
    bring(books, tmp_path, ("A", "1", "", ""), ("B", "2", "", ""))
    given = [Assignment("A", "ana"), Assignment("B", "ben")]
    first = assign(books.ledger, given, clock=books.clock, actor="sam")
    assert (first.assigned, first.unchanged, first.problems) == (2, 0, [])
    assert reps(books) == {"A": "ana", "B": "ben"}
    before = books.dump()
    again = assign(books.ledger, given, clock=books.clock, actor="sam")
    assert (again.assigned, again.unchanged) == (0, 2)
    assert books.dump() == before
    with books.ledger.reading() as session:
        told = session.execute(select(LogEntry.actor, LogEntry.what)).all()
        assert ("sam", "account assigned") in [tuple(row) for row in told]


def test_a_file_of_assignments_with_bad_rows(books: Books, tmp_path: Path) -> None:
    bring(books, tmp_path, ("A", "1", "", ""))
    with books.ledger.writing() as session:
        session.execute(update(User).where(User.login == "ben").values(active=False))
    path = write(tmp_path, "account,rep", "A,ana", "B,ana", "A,zoe", "A,ben", "A,", "A", name="reps.csv")
    found = assign_file(books.ledger, path, clock=books.clock, actor="sam")
    assert [(p.line, p.column, p.value) for p in found.problems] == [
        (3, "account", "B"),
        (4, "rep", "zoe"),
        (5, "rep", "ben"),
        (6, "rep", ""),
        (7, "", ""),
    ]
    assert (found.assigned, reps(books)) == (1, {"A": "ana"})


def test_a_file_without_reps_is_refused(books: Books, tmp_path: Path) -> None:
    with pytest.raises(FileRefused, match="no row that looks like a header"):
        assign_file(books.ledger, write(tmp_path, "account,name", "A,x"), clock=books.clock, actor="sam")


def test_an_import_assigns_and_a_blank_cell_says_nothing(books: Books, tmp_path: Path) -> None:
    bring(books, tmp_path, ("A", "1", "ana", ""), ("B", "2", "ben", ""))
    bring(books, tmp_path, ("A", "1", "ben", ""), ("B", "2", "", ""))
    assert reps(books) == {"A": "ben", "B": "ben"}


def test_a_rep_nobody_knows_costs_no_invoice_and_is_taken_once_there(books: Books, tmp_path: Path) -> None:
    [warning] = bring(books, tmp_path, ("A", "1", "zoe", ""))
    assert warning == "There is no user zoe; add one with: outreach user add zoe --role rep."
    assert reps(books) == {"A": None}
    with books.ledger.writing() as session:
        session.add(User(login="zoe", name="z", role="rep", password_hash="-", created_at=books.clock.now()))
    assert bring(books, tmp_path, ("A", "1", "zoe", "")) == []
    assert reps(books) == {"A": "zoe"}


def test_two_reps_for_one_account_are_not_guessed(books: Books, tmp_path: Path) -> None:
    [warning] = bring(books, tmp_path, ("A", "1", "ana", ""), ("A", "2", "ben", ""))
    assert "more than one rep (ana, ben)" in warning
    assert reps(books) == {"A": None}


def test_parents_stand_in_the_file_or_are_made(books: Books, tmp_path: Path) -> None:
    warnings = bring(
        books, tmp_path, ("CHILD", "1", "", "GROUP"), ("ZEBRA", "2", "", ""), ("AARD", "3", "", "ZEBRA")
    )
    found = books.accounts()
    assert warnings == []
    assert found["CHILD"].parent_id == found["GROUP"].id
    assert found["AARD"].parent_id == found["ZEBRA"].id


def test_rings_of_parents_are_left_out(books: Books, tmp_path: Path) -> None:
    warnings = bring(books, tmp_path, ("A", "1", "", "B"), ("B", "2", "", "A"), ("C", "3", "", "C"))
    found = books.accounts()
    assert len(warnings) == 2
    assert found["A"].parent_id == found["B"].id
    assert (found["B"].parent_id, found["C"].parent_id) == (None, None)


def test_a_new_name_is_taken(books: Books, tmp_path: Path) -> None:
    for name in ("Harbor", "Harbor Clinic"):
        books.bring(write(tmp_path, [*HEADER, "Customer name"], f"H,1,2026-10-01,2026-10-31,5,{name}"))
    books.bring(write(tmp_path, HEADER, "H,1,2026-10-01,2026-10-31,5"))
    assert books.accounts()["H"].name == "Harbor Clinic"


def test_an_account_without_its_zeros_is_the_same_account(books: Books, tmp_path: Path) -> None:
    bring(books, tmp_path, ("0042", "1", "", ""), ("0007", "2", "", ""), ("7", "3", "", ""))
    path = write(tmp_path, "Account,Rep", "42,ana", "007,ben", name="reps.csv")
    found = assign_file(books.ledger, path, clock=books.clock, actor="op")
    assert (found.assigned, found.unchanged) == (2, 0)
    assert reps(books) == {"0042": "ana", "0007": "ben"}


def test_a_rep_introduces_themselves_once(books: Books, tmp_path: Path) -> None:
    bring(books, tmp_path, ("A", "1", "ana", ""), ("B", "2", "", ""))
    given = [Assignment("A", "ana"), Assignment("B", "ben")]
    found = assign(books.ledger, given, clock=books.clock, actor="sam", introduce=True)
    assert (found.assigned, found.unchanged, found.introduced) == (1, 1, 2)
    again = assign(books.ledger, given, clock=books.clock, actor="sam", introduce=True)
    assert again.introduced == 0
    back = assign(books.ledger, [Assignment("B", "ana")], clock=books.clock, actor="sam", introduce=True)
    assert back.introduced == 1
