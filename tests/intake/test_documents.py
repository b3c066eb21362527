"""Documents by a list and by a folder: placed, kept once, and what cannot be placed is said."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from outreach.intake.documents import LARGEST, DocumentsResult, load_documents
from outreach.intake.problems import FileRefused
from outreach.ledger import documents, papers
from outreach.ledger.documents import Document, Kind
from outreach.ledger.log import LogEntry
from tests.intake.conftest import AS_OF, Books
from tests.intake.files import HEADER, write

LIST = "account,invoice,kind,approved,expiry,file"
PDF = b"%PDF-1.7 "


@pytest.fixture
def harbor(books: Books, tmp_path: Path) -> Books:
    rows = (("0042", "INV-1"), ("0042", "0007"), ("0042", "INV-2"), ("OAK", "INV-2"))
    lines = [f"{account},{number},2026-10-01,2026-10-31,10.00" for account, number in rows]
    books.bring(write(tmp_path, HEADER, *lines))
    return books


def pdf(folder: Path, name: str, content: bytes = b"one") -> Path:
    folder.mkdir(exist_ok=True)
    (folder / name).write_bytes(PDF + content)
    return folder / name


def load(books: Books, path: Path) -> DocumentsResult:
    return load_documents(books.ledger, path.parent / "files", path, clock=books.clock, actor="op")


def listed(folder: Path, *lines: str) -> Path:
    return write(folder, LIST, *lines, name="documents.csv")


def whys(result: DocumentsResult) -> dict[int, str]:
    return {problem.line: problem.why for problem in result.problems}


def test_a_list_names_files_beside_itself(harbor: Books, tmp_path: Path) -> None:
    pdf(tmp_path, "a.pdf"), pdf(tmp_path, "eco.pdf", b"eco")
    path = listed(tmp_path, "0042,INV-1,invoice,,,a.pdf", "0042,,eco,yes,2027-01-31,eco.pdf")
    assert load(harbor, path) == DocumentsResult(2, 2, 0, 0, [])
    before = harbor.dump()
    assert load(harbor, path) == DocumentsResult(2, 0, 0, 2, [])
    assert harbor.dump() == before, "the same again changes nothing"
    with harbor.ledger.reading() as session:
        invoice_id = harbor.invoices()["INV-1"].id
        paper = documents.of_invoices(session, [invoice_id], "invoice", AS_OF).get(invoice_id)
        assert paper
        assert papers.read(tmp_path / "files", paper) == PDF + b"one"
        assert (paper.media_type, paper.retention) == ("application/pdf", "document")
        eco = documents.of_account(session, harbor.accounts()["0042"].id)[0]
    assert (eco.kind, eco.approved, eco.expires_on) == ("eco", True, date(2027, 1, 31))


def test_new_bytes_of_the_same_name_take_the_place_of_the_old(harbor: Books, tmp_path: Path) -> None:
    path = listed(tmp_path, "0042,INV-1,invoice,,,a.pdf")
    for content, outcome in ((b"one", "created"), (b"two", "updated"), (b"one", "updated")):
        pdf(tmp_path, "a.pdf", content)
        assert getattr(load(harbor, path), outcome) == 1
        with harbor.ledger.reading() as session:
            id_ = harbor.invoices()["INV-1"].id
            paper = documents.of_invoices(session, [id_], "invoice", AS_OF).get(id_)
            assert paper
            assert papers.read(tmp_path / "files", paper) == PDF + content
    with harbor.ledger.reading() as session:
        said = session.scalars(select(LogEntry.what).where(LogEntry.what.startswith("document"))).all()
    assert said == ["document created", "document updated", "document updated"]


def test_what_cannot_be_taken_is_said_and_stops_nothing(harbor: Books, tmp_path: Path) -> None:
    pdf(tmp_path, "a.pdf"), pdf(tmp_path, "b")
    (tmp_path / "empty.pdf").touch()
    (tmp_path / "word.pdf").write_bytes(b"PK no pdf")
    with (tmp_path / "large.pdf").open("wb") as file:
        file.truncate(LARGEST + 1)
    result = load(
        harbor,
        listed(
            tmp_path,
            "0042,INV-1,invoice,,,a.pdf",
            "0042,INV-1,invoice,,,nowhere.pdf",
            "0042,,invoice,,,a.pdf",
            "0042,INV-9,invoice,,,a.pdf",
            "NOBODY,,w9,,,a.pdf",
            "0042,,passport,,,a.pdf",
            "0042,,w9,perhaps,,a.pdf",
            "0042,,w9,,31/02/2026,a.pdf",
            "0042,INV-1,invoice,,,empty.pdf",
            "0042,INV-1,invoice,,,word.pdf",
            "0042,,w9,,,large.pdf",
            "0042,,w9,,,b",
            "0042,,w9,,,",
        ),
    )
    assert (result.rows, result.created) == (13, 1)
    for line, words in {
        3: "there is no such file",
        4: "whose PDF is it",
        5: "the account 0042 has no such invoice",
        6: "no such account",
        7: "not one of invoice, contract",
        8: "neither yes nor no",
        9: "not a date",
        10: "the file is empty",
        11: "this is none",
        12: "a letter takes up to 20 MB",
        13: "such as .pdf",
        14: "missing",
    }.items():
        assert words in whys(result)[line], line


def test_ids_that_lost_their_zeros_are_known(harbor: Books, tmp_path: Path) -> None:
    pdf(tmp_path, "a.pdf")
    assert load(harbor, listed(tmp_path, "42,7,invoice,,,a.pdf")) == DocumentsResult(1, 1, 0, 0, [])
    with harbor.ledger.reading() as session:
        assert session.scalars(select(Document.invoice_id)).one() == harbor.invoices()["0007"].id


def test_a_folder_is_matched_by_invoice_numbers(harbor: Books, tmp_path: Path) -> None:
    folder = tmp_path / "invoices"
    for name in ("INV-1.pdf", "Invoice 0007 Harbor.pdf", "INV-2.pdf", "inv-1_INV-2.pdf", "holiday.pdf", ".x"):
        pdf(folder, name)
    result = load(harbor, folder)
    assert (result.rows, result.created) == (5, 2)
    told = {problem.value: problem.why for problem in result.problems}
    assert told["holiday.pdf"] == "its name holds no invoice's number"
    assert "fits several invoices (INV-2)" in told["INV-2.pdf"]
    assert "fits several invoices (INV-1, INV-2)" in told["inv-1_INV-2.pdf"]
    assert load(harbor, folder).unchanged == 2


@pytest.mark.parametrize(
    ("kind", "approved", "expires_on", "may"),
    [
        ("invoice", False, None, True),
        ("eco", False, None, False),
        ("eco", True, None, True),
        ("travel", False, None, False),
        ("travel", True, AS_OF, True),
        ("w9", False, AS_OF, True),
        ("w9", False, AS_OF - timedelta(days=1), False),
    ],
)
def test_what_may_be_sent(kind: Kind, approved: bool, expires_on: date | None, may: bool) -> None:
    it = Document(kind=kind, approved=approved, expires_on=expires_on)
    assert it.may_be_sent(AS_OF) is may


def test_what_is_no_list_is_refused(harbor: Books, tmp_path: Path) -> None:
    with pytest.raises(FileRefused, match="no column for"):
        load(harbor, write(tmp_path, "account,invoice,approved", "a,b,yes"))
    with pytest.raises(FileRefused, match="does not exist"):
        load(harbor, tmp_path / "nowhere")
