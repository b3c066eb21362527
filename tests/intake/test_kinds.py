"""Which invoices are final or MRR: the file's own column, else the rules of the policy, else nobody."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from outreach.ledger import policies
from tests.intake.conftest import POLICY, Books
from tests.intake.files import write

HEADER = "Customer ID,Invoice number,Invoice date,Due date,Open amount,Item,Memo/Description,Document type"
RETAINAGE = "[[kinds]]\nkind = 'final'\nitem = 'Retainage'\n"
MONTHLY = "[[kinds]]\nkind = 'mrr'\ndocument_type = '^Subscription'\n"


def rules(books: Books, *rows: str) -> None:
    with books.ledger.writing() as session:
        policies.load(session, POLICY + "".join(rows), actor="test", why="kinds", now=books.clock.now())


def file(folder: Path, *more: str, header: str = HEADER) -> Path:
    rows = [f"HARBOR,I{n},2026-10-01,2026-10-31,10.00,{cells}" for n, cells in enumerate(more, start=1)]
    return write(folder, header, *rows)


def kinds(books: Books) -> dict[str, str]:
    return {number: row.kind for number, row in books.invoices().items()}


def told(found: dict[str, Any]) -> set[tuple[str, str | None, int]]:
    return {(one["kind"], one["by"], one["invoices"]) for one in found["kinds_by"]}


THREE = ("Retainage,,Invoice", "Hosting,,Subscription invoice", "Pump,the final invoice,Invoice")


def test_the_first_rule_that_matches_gives_the_kind_and_the_rest_is_not_guessed(
    books: Books, tmp_path: Path
) -> None:
    rules(books, RETAINAGE, MONTHLY)
    found = books.bring(file(tmp_path, *THREE)).document()
    assert kinds(books) == {"I1": "final", "I2": "mrr", "I3": "standard"}
    assert books.invoices()["I2"].service_month is not None
    assert found["kinds"] == {"final": 1, "mrr": 1, "standard": 1}
    assert told(found) == {
        ("final", "rule 1: item ~ Retainage", 1),
        ("mrr", "rule 2: document_type ~ ^Subscription", 1),
        ("standard", None, 1),
    }


def test_a_changed_rule_set_applies_at_the_next_import_of_the_row(books: Books, tmp_path: Path) -> None:
    rules(books, RETAINAGE, MONTHLY)
    books.bring(file(tmp_path, *THREE))
    rules(books, MONTHLY, "[[kinds]]\nkind = 'final'\nmemo = 'final invoice'\n")
    assert kinds(books)["I1"] == "final"
    again = books.bring(file(tmp_path, *THREE)).document()
    assert kinds(books) == {"I1": "standard", "I2": "mrr", "I3": "final"}
    assert again["invoices"]["updated"] == 2
    rules(books)
    books.bring(file(tmp_path, *THREE))
    assert set(kinds(books).values()) == {"standard"}
    same = books.bring(file(tmp_path, *THREE)).document()
    assert same["invoices"]["updated"] == 0


def test_a_column_wins_over_every_rule_in_its_row_and_later(books: Books, tmp_path: Path) -> None:
    rules(books, RETAINAGE)
    found = books.bring(file(tmp_path, "Retainage,,Invoice,standard", header=f"{HEADER},Kind")).document()
    assert kinds(books) == {"I1": "standard"}
    assert told(found) == {("standard", "column", 1)}
    books.bring(file(tmp_path, "Retainage,,Invoice"))
    assert kinds(books) == {"I1": "standard"}


def test_a_long_or_odd_memo_refuses_no_row(books: Books, tmp_path: Path) -> None:
    rules(books, "[[kinds]]\nkind = 'final'\nmemo = 'closing$'\n")
    memo = "word " * 200 + "closing"
    found = books.bring(file(tmp_path, f'Pump,"{memo}",Invoice', 'Pump,"two\nlines",Invoice')).document()
    assert found["problems"] == []
    assert kinds(books) == {"I1": "final", "I2": "standard"}


def test_a_credit_stays_a_credit(books: Books, tmp_path: Path) -> None:
    rules(books, RETAINAGE)
    row = "HARBOR,C1,2026-10-01,2026-10-31,-10.00,Retainage,,Credit memo"
    books.bring(write(tmp_path, HEADER, row))
    assert kinds(books) == {"C1": "credit"}


def test_line_items_of_one_invoice_may_match_different_rules(books: Books, tmp_path: Path) -> None:
    rules(books, RETAINAGE, MONTHLY)
    row = "HARBOR,{},2026-10-01,2026-10-31,10.00,{}"
    lines = [
        row.format("I1", "Pump,,Invoice"),
        row.format("I1", "Hosting,,Subscription"),
        row.format("I1", "Retainage,,Invoice"),
        row.format("I1", "Hosting,,Subscription"),
        row.format("I2", "Hosting,,Subscription"),
        row.format("I2", "Pump,,Invoice"),
    ]
    found = books.bring(write(tmp_path, HEADER, *lines)).document()
    assert found["problems"] == []
    assert kinds(books) == {"I1": "final", "I2": "mrr"}
    assert books.invoices()["I2"].service_month is not None
    assert told(found) == {
        ("final", "rule 1: item ~ Retainage", 1),
        ("mrr", "rule 2: document_type ~ ^Subscription", 1),
    }


def test_rows_that_differ_in_more_than_a_rules_word_still_contradict(books: Books, tmp_path: Path) -> None:
    rules(books, RETAINAGE)
    lines = (
        "HARBOR,I1,2026-10-01,2026-10-31,10.00,Pump,,",
        "HARBOR,I1,2026-10-01,2026-10-31,11.00,Retainage,,",
    )
    found = books.bring(write(tmp_path, HEADER, *lines, "HARBOR,I2,2026-10-01,2026-10-31,1.00,,,")).document()
    assert [problem["value"] for problem in found["problems"]] == ["I1", "I1"]
    assert kinds(books) == {"I2": "standard"}


def test_a_columns_word_on_one_line_item_outranks_the_rules_on_another(books: Books, tmp_path: Path) -> None:
    rules(books, RETAINAGE)
    row = "HARBOR,I1,2026-10-01,2026-10-31,10.00,Retainage,,"
    books.bring(write(tmp_path, f"{HEADER},Kind", f"{row},", f"{row},standard"))
    assert kinds(books) == {"I1": "standard"}
