"""A change is asked for once, and closed by the file that shows it, which the log then names."""

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from outreach.campaigns.agreements import change_requests as campaign
from outreach.campaigns.agreements.change_requests import Wish
from outreach.intake.contact_loading import load_contacts
from outreach.intake.importing import import_file
from outreach.ledger import change_requests
from outreach.ledger.base import Ledger
from outreach.ledger.change_requests import ChangeRequest
from outreach.ledger.log import LogEntry
from outreach.ledger.naming import Unclear
from outreach.ledger.tasks import Task
from tests.campaigns.book import Book, at
from tests.hand_clock import HandClock
from tests.rules.given import POLICY, day

MONDAY = day("2026-11-23")
CLOCK = HandClock(at(MONDAY, 15))
HEADER = "Customer ID,Invoice number,Invoice date,Due date,Amount,Open amount,PO number"


@pytest.fixture
def book(ledger: Ledger) -> Book:
    book = Book(ledger)
    book.account("HARBOR")
    book.invoice("HARBOR", "I-1", day("2026-11-01"), 100)
    return book


def ask(book: Book, **wish: Any) -> int:
    usual = {"account": "HARBOR", "what": "po", "value": "PO-77", "invoice": "I-1", "team": "billing"}
    wish = {**usual, "why": "they cannot match it", **wish}
    with book.ledger.writing() as session:
        return campaign.request(session, Wish(**wish), POLICY, by="ana", now=CLOCK.at).id


def bring(
    book: Book, folder: Path, *, po: str = "", amount: str = "100.00", name: str = "monday.csv"
) -> None:
    path = folder / name
    path.write_text(f"{HEADER}\nHARBOR,I-1,2026-11-01,2026-11-01,{amount},{amount},{po}\n")
    import_file(book.ledger, path, clock=CLOCK, actor="op", as_of=MONDAY)


def contacts(book: Book, folder: Path, row: str) -> None:
    path = folder / "contacts.csv"
    path.write_text(f"account,name,phone,email,postal_code\n{row}\n")
    load_contacts(book.ledger, path, clock=CLOCK, actor="op", mapping=None)


def state(book: Book, request_id: int) -> tuple[str, str | None]:
    with book.ledger.reading() as session:
        row = session.get_one(ChangeRequest, request_id)
        return row.state, row.ended_by


def tasks(book: Book) -> list[Task]:
    with book.ledger.reading() as session:
        return list(session.scalars(select(Task).where(Task.done_at.is_(None))))


def last(book: Book) -> LogEntry:
    with book.ledger.reading() as session:
        found = select(LogEntry).where(LogEntry.account_id == 1).order_by(LogEntry.id.desc())
        return session.scalars(found.limit(1)).one()


def test_a_request_is_a_task_of_the_accounts_rep_and_is_in_the_log(book: Book) -> None:
    asked = ask(book)
    [task] = tasks(book)
    assert (task.owner_id, task.due_on) == (1, day("2026-12-01")), "Thanksgiving lies between"
    assert task.title == "Billing: change the po of HARBOR Inc. to PO-77"
    entry = last(book)
    assert (entry.what, entry.actor, entry.invoices) == ("change requested", "ana", ["I-1"])
    with book.ledger.reading() as session:
        assert [one.id for one, _, _ in change_requests.listed(session)] == [asked]


def test_only_the_file_that_shows_it_closes_it_and_the_log_names_that_file(
    book: Book, tmp_path: Path
) -> None:
    asked = ask(book)
    bring(book, tmp_path, po="PO-7")
    assert state(book, asked) == ("open", None)
    bring(book, tmp_path, po="po-77", name="tuesday.csv")
    assert state(book, asked) == ("closed", "tuesday.csv")
    assert tasks(book) == []
    entry = last(book)
    assert (entry.what, entry.actor) == ("change shown", "tuesday.csv")
    assert int(entry.links["import"]) > 0


def test_a_dry_run_closes_nothing(book: Book, tmp_path: Path) -> None:
    asked = ask(book)
    path = tmp_path / "dry.csv"
    path.write_text(f"{HEADER}\nHARBOR,I-1,2026-11-01,2026-11-01,100,100,PO-77\n")
    import_file(book.ledger, path, clock=CLOCK, actor="op", as_of=MONDAY, dry_run=True)
    assert state(book, asked)[0] == "open"


def test_a_tax_is_right_once_the_invoice_comes_to_the_amount(book: Book, tmp_path: Path) -> None:
    asked = ask(book, what="tax", value="92.5")
    bring(book, tmp_path, amount="95.00")
    assert state(book, asked)[0] == "open"
    bring(book, tmp_path, amount="92.50", name="later.csv")
    assert state(book, asked) == ("closed", "later.csv")


@pytest.mark.parametrize(
    ("what", "value", "row"),
    [
        ("contact", "New.AP@harbor.example", "HARBOR,Nia,,new.ap@harbor.example,"),
        ("contact", "nia", "HARBOR,Nia,,nia@harbor.example,"),
        ("contact", "+12125550188", "HARBOR,Nia,+1 212 555 0188,,"),
        ("contact", "(212) 555-0188", "HARBOR,Nia,+1 212 555 0188,,"),
        ("address", "94107", "HARBOR,Nia,,nia@harbor.example,94107"),
    ],
)
def test_a_contacts_file_shows_who_and_where(
    book: Book, tmp_path: Path, what: Any, value: str, row: str
) -> None:
    asked = ask(book, what=what, value=value, invoice=None, team="sales")
    contacts(book, tmp_path, "HARBOR,Somebody,,some@harbor.example,10001")
    assert state(book, asked)[0] == "open"
    contacts(book, tmp_path, row)
    assert state(book, asked) == ("closed", "contacts.csv")


@pytest.mark.parametrize(
    ("wish", "why"),
    [
        ({"account": "NOBODY"}, "no account NOBODY"),
        ({"invoice": None}, "name its invoice"),
        ({"what": "contact"}, "leave the invoice out"),
        ({"invoice": "I-9"}, "no invoice I-9"),
        ({"value": "  "}, "what the ledger is to show"),
        ({"what": "tax", "value": "less"}, "not an amount"),
        ({"what": "tax", "value": "100"}, "shows 100.00 already"),
        ({"owner": "zoe"}, "zoe does not work here"),
        ({"due_on": day("2026-11-20")}, "has passed"),
    ],
)
def test_what_cannot_be_asked_for(book: Book, wish: dict[str, Any], why: str) -> None:
    with pytest.raises(Unclear, match=why):
        ask(book, **wish)
    assert tasks(book) == []


def test_a_request_is_canceled_once(book: Book, tmp_path: Path) -> None:
    asked = ask(book)
    for expected in (None, Unclear):
        with book.ledger.writing() as session:
            if expected is None:
                campaign.cancel(session, asked, by="ana", why="they found it", now=CLOCK.at)
            else:
                with pytest.raises(expected, match="no open change request"):
                    campaign.cancel(session, asked, by="ana", why="again", now=CLOCK.at)
    bring(book, tmp_path, po="PO-77")
    assert state(book, asked) == ("canceled", "ana")
    assert tasks(book) == []
