"""Ids that lost their leading zeros are recognised or reported, and nobody is there twice."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

import pytest

from outreach.ledger.receivables import Account, Invoice
from tests.intake.conftest import AS_OF, Books
from tests.intake.files import HEADER, write

DAY = timedelta(days=1)
COPIED = (
    *("account_id", "source", "kind", "invoiced_on", "due_on", "currency", "gross_minor", "open_minor"),
    "first_seen_on",
)
NAMED = (*HEADER, "Customer name", "Parent")


def file(folder: Path, *rows: tuple[str, ...]) -> Path:
    """Rows of account, invoice, and, where they matter, amount, name and parent."""
    lines = []
    for row in rows:
        account, number, amount, name, parent = (*row, *("10.00", "", "")[len(row) - 2 :])
        lines.append((account, number, "2026-10-01", "2026-10-31", amount, name, parent))
    return write(folder, NAMED, *lines)


KNOWN_AFTER: dict[str, tuple[Sequence[tuple[str, ...]], Sequence[tuple[str, ...]], list[tuple[str, str]]]] = {
    "an account loses them": ([("0042", "A")], [("42", "A")], [("0042", "A")]),
    "an account gains them": ([("42", "A")], [("0042", "A")], [("42", "A")]),
    "an invoice loses them": ([("H", "0007")], [("H", "7")], [("H", "0007")]),
    "an invoice gains them": ([("H", "7")], [("H", "0007")], [("H", "7")]),
    "both lose them": ([("0042", "0007")], [("42", "7")], [("0042", "0007")]),
    "some of them": ([("0042", "A")], [("042", "A")], [("0042", "A")]),
    "in one file": ([], [("0042", "A"), ("42", "B")], [("0042", "A"), ("0042", "B")]),
    "in one file, the other way round": ([], [("42", "A"), ("0042", "B")], [("42", "A"), ("42", "B")]),
    "of one invoice in one file": ([], [("H", "7"), ("H", "0007")], [("H", "0007")]),
    "the same name": ([("0042", "A", "10", "Harbor")], [("42", "A", "10", "HARBOR")], [("0042", "A")]),
    "two customers, word for word": (
        [("0042", "A", "10", "Harbor")],
        [("0042", "A", "10", "Harbor"), ("7", "B")],
        [("0042", "A"), ("7", "B")],
    ),
    "numbers of two customers": ([("G", "0007")], [("G", "0007"), ("H", "7")], [("G", "0007"), ("H", "7")]),
    "letters are no digits": (
        [("C-042", "A")],
        [("C-042", "A"), ("C-42", "B")],
        [("C-042", "A"), ("C-42", "B")],
    ),
}


def standing(books: Books) -> list[tuple[str, str]]:
    numbers = {account.id: number for number, account in books.accounts().items()}
    return [(numbers[row.account_id], row.number) for row in books.invoices().values()]


@pytest.mark.parametrize("case", KNOWN_AFTER)
def test_an_id_is_known_with_and_without_its_zeros(books: Books, tmp_path: Path, case: str) -> None:
    before, after, known = KNOWN_AFTER[case]
    if before:
        books.bring(file(tmp_path, *before))
    path = file(tmp_path, *after)
    found = books.bring(path, as_of=AS_OF + DAY).document()
    assert sorted(standing(books)) == sorted(known)
    assert (found["problems"], found["invoices"]["vanished"]) == ([], 0)
    assert len(books.accounts()) == len({account for account, _ in known})
    assert not books.bring(path, as_of=AS_OF + DAY).applied


def test_what_was_recognised_is_told(books: Books, tmp_path: Path) -> None:
    books.bring(file(tmp_path, ("0042", "0007")))
    warnings = books.bring(file(tmp_path, ("42", "7")), as_of=AS_OF + DAY).warnings
    assert warnings[:2] == [
        "1 account ids differ from what is known only by leading zeros: 42 was taken for 0042.",
        "1 invoice numbers differ from what is known only by leading zeros: 7 was taken for 0007.",
    ]


def test_an_account_of_another_name_is_reported_and_nothing_vanishes(books: Books, tmp_path: Path) -> None:
    books.bring(file(tmp_path, ("0042", "0007", "10", "Harbor"), ("H", "1")))
    found = books.bring(file(tmp_path, ("42", "7", "10", "Northfield"), ("H", "1")), as_of=AS_OF + DAY)
    [problem] = found.problems
    assert (problem.line, problem.value) == (2, "42")
    assert "is it the account 0042, Harbor? The names differ" in problem.why
    assert books.open_on(AS_OF + DAY) == {"0007": 1000, "1": 1000}


def test_a_bad_row_without_its_zeros_has_not_vanished(books: Books, tmp_path: Path) -> None:
    books.bring(file(tmp_path, ("0042", "0007"), ("H", "1")))
    books.bring(file(tmp_path, ("42", "7", "ten"), ("H", "1")), as_of=AS_OF + DAY)
    assert books.open_on(AS_OF + DAY) == {"0007": 1000, "1": 1000}


def test_two_forms_of_an_invoice_that_disagree_are_both_left_out(books: Books, tmp_path: Path) -> None:
    found = books.bring(file(tmp_path, ("H", "0007", "10"), ("H", "7", "9"), ("H", "1")))
    assert [problem.line for problem in found.problems] == [2, 3]
    assert list(books.invoices()) == ["1"]


def test_a_parent_without_its_zeros_is_no_new_account(books: Books, tmp_path: Path) -> None:
    books.bring(file(tmp_path, ("0042", "A"), ("H", "1", "10", "", "42")))
    assert list(books.accounts()) == ["0042", "H"]
    assert books.accounts()["H"].parent_id == books.accounts()["0042"].id


def test_the_numbers_of_another_source_are_its_own(books: Books, tmp_path: Path) -> None:
    books.bring(file(tmp_path, ("H", "1")))
    for number in ("0007", "00007"):  # each by a source that knows one form only
        books.bring(file(tmp_path, ("H", number)), source=number)
    found = books.bring(file(tmp_path, ("H", "1"), ("H", "7")), as_of=AS_OF + DAY)
    assert (found.problems, found.applied.vanished) == ([], 0)
    assert ("H", "7") in standing(books)  # what another source knows is that source's own


def test_what_could_be_two_accounts_of_the_ledger_is_reported(books: Books, tmp_path: Path) -> None:
    with books.ledger.writing() as session:
        for number in ("042", "0042"):
            session.add(Account(number=number, name=number, created_at=books.clock.now()))
    found = books.bring(file(tmp_path, ("42", "A"), ("042", "B")))
    assert [(problem.line, problem.value) for problem in found.problems] == [(2, "42")]
    assert "could be any of the accounts 0042, 042" in found.problems[0].why
    assert standing(books) == [("042", "B")]


def test_what_could_be_two_invoices_of_the_ledger_is_reported(books: Books, tmp_path: Path) -> None:
    books.bring(file(tmp_path, ("H", "1")))
    made = {name: getattr(books.invoices()["1"], name) for name in COPIED}
    with books.ledger.writing() as session:
        session.add_all(Invoice(number=number, **made) for number in ("007", "0007"))
    found = books.bring(file(tmp_path, ("H", "1"), ("H", "7")), as_of=AS_OF + DAY)
    assert "could be any of the invoices 0007, 007" in found.problems[0].why
    assert set(books.open_on(AS_OF + DAY)) == {"1", "007", "0007"}
