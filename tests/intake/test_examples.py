"""The examples of the README come in without a word of complaint, and tell the story of the standing cast."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from outreach.demo.cast import write_cast, write_sales
from outreach.intake.contact_loading import load_contacts
from outreach.intake.sales import load_sales
from outreach.ledger import policies
from outreach.reports.key_figures import key_figures
from tests.intake.conftest import AS_OF, Books

EXAMPLES = Path(__file__).parents[2] / "examples"
MONDAY = date(2026, 11, 23)


def test_the_examples_are_what_the_demo_would_write_for_that_monday(tmp_path: Path) -> None:
    files = write_cast(tmp_path, day=MONDAY, accounts=12, reps=("ana", "ben"), seed=1)
    for path in (*files, write_sales(tmp_path, day=MONDAY, accounts=12)):
        assert path.read_text(encoding="utf-8") == (EXAMPLES / path.name).read_text(encoding="utf-8")


def test_the_examples_have_a_dso(books: Books) -> None:
    books.bring(EXAMPLES / "open_invoices.csv")
    load_sales(books.ledger, EXAMPLES / "credit_sales.csv", clock=books.clock, actor="op")
    with books.ledger.reading() as session:
        figures = key_figures(session, AS_OF, policies.in_force(session).policy)["USD"]
    for name in ("dso_simple", "dso_countback", "best_possible_dso", "add"):
        assert figures[name].value, figures[name].why


def test_the_examples_come_in_whole(books: Books) -> None:
    found = books.bring(EXAMPLES / "open_invoices.csv").document()
    people = load_contacts(books.ledger, EXAMPLES / "contacts.csv", clock=books.clock, actor="op")
    assert (found["problems"], found["warnings"], people.problems, people.warnings) == ([], [], [], [])
    assert found["kinds"].keys() == {"final", "mrr", "standard"}
    late = {n: (MONDAY - row.due_on).days for n, row in books.invoices().items()}
    cast = {account.id: number for number, account in books.accounts().items()}
    oldest = {cast[row.account_id]: 0 for row in books.invoices().values()}
    for number, row in books.invoices().items():
        oldest[cast[row.account_id]] = max(oldest[cast[row.account_id]], late[number])
    assert {name: oldest[name] for name in ("HARBOR", "STANNE", "RIDGEWAY", "NORTHFIELD", "EASTGATE")} == {
        "HARBOR": 6,
        "STANNE": 17,
        "RIDGEWAY": 45,
        "NORTHFIELD": 21,
        "EASTGATE": 8,
    }
    assert AS_OF < MONDAY
    assert not books.bring(EXAMPLES / "open_invoices.csv").applied
