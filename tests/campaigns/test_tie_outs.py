"""A file that does not add up keeps the statements back, and nothing else, until a supervisor has seen it."""

from datetime import date

from sqlalchemy import select

from outreach.ledger import tie_outs
from outreach.ledger.imports import Import
from tests.campaigns.book import Book, at

STATEMENTS = date(2026, 12, 15)


def test_statements_wait_for_the_supervisors_word_and_then_leave(book: Book) -> None:
    book.rep("sam", role="supervisor")
    book.account("HARBOR")
    book.invoice("HARBOR", "I1", date(2026, 12, 1), 500)
    book.imported(date(2026, 12, 14))
    with book.ledger.writing() as session:
        import_id = session.scalars(select(Import.id)).one()
        tie_outs.note(session, import_id, {"USD": 60000, "EUR": 0}, {"USD": 50000})
    found = book.plan(STATEMENTS)
    [statement] = [one for one in book.firings().values() if one.step == "statement"]
    assert (statement.email_side, statement.email_rule) == ("open", "ledger not tied out")
    assert found.touches["call"] == 1
    with book.ledger.writing() as session:
        tie_outs.acknowledge(session, import_id, by="sam", why="a late posting", now=at(STATEMENTS))
    book.plan(STATEMENTS)
    [letter] = book.touches(STATEMENTS, "email")
    assert letter.step == "statement"
