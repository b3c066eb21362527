"""Contacts come in by their own file and by the columns of an invoices file."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest
from sqlalchemy import select

from outreach.intake.contact_loading import ContactsResult, load_contacts
from outreach.intake.contacts import parse_phone
from outreach.intake.problems import BadCell, FileRefused
from outreach.ledger.address_book import Card, cards
from outreach.ledger.destinations import Contact, Destination
from outreach.ledger.log import LogEntry
from outreach.ledger.receivables import Account
from outreach.ledger.verification import verify
from tests.intake.conftest import Books
from tests.intake.files import HEADER, write

COLUMNS = (
    "account,name,role,order,purposes,phone,extension,email,country,state,postal_code,timezone,language,"
    "do_not_call,do_not_mail"
)


@pytest.fixture
def harbor(books: Books, tmp_path: Path) -> Books:
    rows = ["HARBOR,1,2026-10-01,2026-10-31,5", "SUMMIT,2,2026-10-01,2026-10-31,5"]
    books.bring(write(tmp_path, HEADER, *rows))
    return books


def load(books: Books, folder: Path, *rows: str, columns: str = COLUMNS) -> ContactsResult:
    path = write(folder, columns, *rows, name="contacts.csv")
    return load_contacts(books.ledger, path, clock=books.clock, actor="op")


def people(books: Books, account: str = "HARBOR") -> Sequence[Card]:
    with books.ledger.reading() as session:
        return cards(session, books.accounts()[account].id)


def counted(result: ContactsResult) -> tuple[int, int, int]:
    return result.created, result.updated, result.unchanged


def test_a_contact_with_everything(harbor: Books, tmp_path: Path) -> None:
    row = (
        "HARBOR,Dana Chen,AP manager,2,calls;statements,(206) 555-0101,12,Dana@Example.COM,"
        "US,wa,98101,,en,no,yes"
    )
    assert counted(load(harbor, tmp_path, row)) == (1, 0, 0)
    [card] = people(harbor)
    assert (card.contact.name, card.contact.role, card.contact.rank) == ("Dana Chen", "AP manager", 2)
    assert (card.contact.purposes, card.contact.state) == ("calls statements", "WA")
    assert (card.contact.extension, card.contact.do_not_call, card.contact.do_not_mail) == ("12", False, True)
    assert card.phone is not None
    assert (card.phone.address, card.phone.zones) == ("+12065550101", "America/Los_Angeles")
    assert card.email is not None
    assert card.email.address == "dana@example.com"


def test_the_same_file_again_changes_nothing(harbor: Books, tmp_path: Path) -> None:
    rows = [
        "HARBOR,AP desk,,,,+12125550101,,,,,,,,,",
        "HARBOR,AP desk,,,,+12125550102,,,,,,,,,",
        "HARBOR,AP desk,,,,+12125550102,,,,,,,,,",
        "HARBOR,,,,,,,ap@example.com,,,,,,,",
        "SUMMIT,Lee,,,,+13125550101,,,,,,,,,",
    ]
    assert counted(load(harbor, tmp_path, *rows)) == (4, 0, 1)
    assert [card.contact.rank for card in people(harbor)] == [1, 2, 3]
    before = harbor.dump()
    assert counted(load(harbor, tmp_path, *rows)) == (0, 0, 5)
    assert harbor.dump() == before


def test_a_new_number_of_the_same_person_replaces_the_old_one(harbor: Books, tmp_path: Path) -> None:
    load(harbor, tmp_path, "HARBOR,Dana,,1,,+12125550101,,dana@example.com,,,,,,,")
    assert counted(load(harbor, tmp_path, "HARBOR,Dana,,1,calls,+12125550109,,,,,,,,,")) == (0, 1, 0)
    [card] = people(harbor)
    assert card.phone is not None
    assert card.email is not None
    assert (card.phone.address, card.email.address) == ("+12125550109", "dana@example.com")
    assert counted(load(harbor, tmp_path, "HARBOR,Dana,,1,,+12125550109,,,,,,,,,")) == (0, 1, 0)
    assert people(harbor)[0].contact.purposes == ""


def test_no_file_takes_an_opt_out_back(harbor: Books, tmp_path: Path) -> None:
    load(harbor, tmp_path, "HARBOR,Dana,,1,,+12125550101,,,,,,,,yes,")
    assert counted(load(harbor, tmp_path, "HARBOR,Dana,,1,,+12125550101,,,,,,,,no,no")) == (0, 0, 1)
    assert people(harbor)[0].contact.do_not_call is True


def test_one_number_of_two_accounts_is_one_destination(harbor: Books, tmp_path: Path) -> None:
    load(harbor, tmp_path, "HARBOR,Dana,,,,+12125550101,,,,,,,,,", "SUMMIT,Dana,,,,212-555-0101,,,,,,,,,")
    with harbor.ledger.reading() as session:
        assert session.scalars(select(Destination.address)).all() == ["+12125550101"]
        assert len(set(session.scalars(select(Contact.phone_id)))) == 1


@pytest.mark.parametrize(
    ("row", "column", "why"),
    [
        ("NOBODY,Dana,,,,+12125550101,,,,,,,,,", "account", "no such account"),
        (",Dana,,,,+12125550101,,,,,,,,,", "account", "missing"),
        ("HARBOR,Dana,,,,,,,,,,,,,", "phone", "neither a phone number nor an address"),
        ("HARBOR,Dana,,,,555,,,,,,,,,", "phone", "too few or too many digits"),
        ("HARBOR,Dana,,,,call me,,,,,,,,,", "phone", "not a phone number"),
        ("HARBOR,Dana,,,,,,dana@,,,,,,,", "email", "not an e-mail address"),
        ("HARBOR,Dana,,first,,+12125550101,,,,,,,,,", "order", "write 1, 2, 3"),
        ("HARBOR,Dana,,,texts,+12125550101,,,,,,,,,", "purposes", "texts is not one of calls"),
        ("HARBOR,Dana,,,,+12125550101,ext,,,,,,,,", "extension", "write its digits"),
        ("HARBOR,Dana,,,,+12125550101,,,USA,,,,,,", "country", "two letters"),
        ("HARBOR,Dana,,,,+12125550101,,,US,Wash,,,,,", "state", "write its code"),
        ("HARBOR,Dana,,,,+12125550101,,,,,,Pacific,,,", "timezone", "America/Chicago"),
        ("HARBOR,Dana,,,,+12125550101,,,,,,,,maybe,", "do_not_call", "neither yes nor no"),
        ("HARBOR,Dana", "", "the row ends after 2 of 15 cells"),
    ],
)
def test_a_bad_row_is_reported_and_left_out(
    harbor: Books, tmp_path: Path, row: str, column: str, why: str
) -> None:
    found = load(harbor, tmp_path, row, "SUMMIT,Lee,,,,+13125550101,,,,,,,,,")
    [problem] = found.problems
    assert (problem.line, problem.column) == (2, column)
    assert why in problem.why
    assert (found.rows, found.created) == (2, 1)


def test_a_number_that_is_not_dialled_is_kept_and_told(harbor: Books, tmp_path: Path) -> None:
    found = load(harbor, tmp_path, "HARBOR,Dana,,,,+44 20 7946 0018,,,,,,,,,")
    assert found.created == 1
    assert found.warnings[0].startswith("Line 2: +442079460018 is a number of GB")


def test_a_file_without_numbers_and_addresses_is_refused(harbor: Books, tmp_path: Path) -> None:
    with pytest.raises(FileRefused, match="no column for phone"):
        load(harbor, tmp_path, "HARBOR,Dana", columns="account,name")


def test_contact_columns_of_an_invoices_file_are_taken_once_an_account(books: Books, tmp_path: Path) -> None:
    header = [*HEADER, "Contact", "Phone", "Email", "State"]
    rows = [f"HARBOR,{n},2026-10-01,2026-10-31,5,Dana,212 555 0101,dana@example.com,NY" for n in range(600)]
    found = books.bring(write(tmp_path, header, *rows))
    assert found.applied.contacts == {"created": 1}
    [card] = people(books)
    assert card.phone is not None
    assert (card.contact.name, card.phone.address) == ("Dana", "+12125550101")


def test_the_log_names_who_came_and_holds(harbor: Books, tmp_path: Path) -> None:
    load(harbor, tmp_path, "HARBOR,Dana,,,,+12125550101,,,,,,,,,")
    with harbor.ledger.reading() as session:
        assert session.scalars(select(LogEntry.what)).all()[-1] == "contact created"
        assert not list(verify(session))


@pytest.mark.parametrize(
    ("text", "country", "found"),
    [
        ("(212) 555-0101", "US", ("+12125550101", "")),
        ("+1 212 555 0101 x42", "US", ("+12125550101", "42")),
        ("020 7946 0018", "GB", ("+442079460018", "")),
        ("+44 20 7946 0018", "US", ("+442079460018", "")),
    ],
)
def test_numbers_are_read_as_written_in_their_country(
    text: str, country: str, found: tuple[str, str]
) -> None:
    assert parse_phone(text, country) == found


@pytest.mark.parametrize("text", ["", "911", "12", "+", "dana@example.com", "1" * 30])
def test_what_no_carrier_could_dial_is_refused(text: str) -> None:
    with pytest.raises(BadCell):
        parse_phone(text, "US")


def test_an_account_without_its_zeros_is_the_same_account(books: Books, tmp_path: Path) -> None:
    books.bring(write(tmp_path, HEADER, "0042,1,2026-10-01,2026-10-31,5"))
    row = "{},Dana,,1,,+12065550101,,,,,,,,,"
    result = load(books, tmp_path, row.format("42"), row.format("0042"), row.format("9"))
    assert counted(result) == (1, 0, 0)
    assert [problem.value for problem in result.problems] == ["9"]
    assert result.warnings == [
        "1 account ids differ from what is known only by leading zeros: 42 was taken for 0042."
    ]
    assert set(books.accounts()) == {"0042"}
    before = books.dump()
    assert counted(load(books, tmp_path, row.format("42")))[:2] == (0, 0)
    assert books.dump() == before


def test_one_that_could_be_two_accounts_is_reported(books: Books, tmp_path: Path) -> None:
    books.bring(write(tmp_path, HEADER, "0042,1,2026-10-01,2026-10-31,5"))
    with books.ledger.writing() as session:
        session.add(Account(number="00042", name="Summit", created_at=books.clock.now()))
    result = load(books, tmp_path, "42,Dana,,1,,+12065550101,,,,,,,,,")
    assert "could be any of the accounts 00042, 0042" in result.problems[0].why
