"""The evidence pack holds what was kept, byte for byte, and a manifest by which that can be shown."""

import csv
import io
import json
import zipfile
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from outreach.ledger import log, papers
from outreach.ledger.base import Ledger
from outreach.ledger.commitments import Dispute, Promise
from outreach.ledger.destinations import Contact
from outreach.ledger.documents import Document
from outreach.ledger.letters import Letter
from outreach.ledger.log import Entry
from outreach.ledger.naming import Unclear
from outreach.reports import evidence
from tests.campaigns.book import Book
from tests.rules.given import day, utc

NOW = utc("2026-11-23 15:00")
TODAY = day("2026-11-23")
RECORD, ATTACHED, INVOICE = b'{"message": {"text": "Dear Payables"}}', b"%PDF-letter", b"%PDF-invoice"


@pytest.fixture
def book(ledger: Ledger, tmp_path: Path) -> Book:
    book = Book(ledger)
    book.account("HARBOR")
    book.account("OTHER")
    book.invoice("HARBOR", "I-1", day("2026-09-01"), 500)
    book.invoice("OTHER", "X-1", day("2026-09-01"), 900)
    with ledger.writing() as session:
        kept = {
            content: papers.record(
                session,
                papers.write(tmp_path, content),
                size=len(content),
                media_type="application/octet-stream",
                retention="letter",
                now=NOW,
            ).id
            for content in (RECORD, ATTACHED, INVOICE)
        }
        contact = session.get_one(Contact, 1)
        letter: dict[str, Any] = {
            "account_id": 1,
            "destination_id": contact.email_id,
            "day": day("2026-10-15"),
        }
        letter |= {"paper_id": kept[RECORD], "attachment_id": kept[ATTACHED], "provider": "sandbox"}
        for id_, state in (("sent", "delivered"), ("never", "refused")):
            row = Letter(id=id_, state=state, step="statement", created_at=NOW, subject="Statement", **letter)
            session.add(row)
        told = {"source": "call", "created_at": NOW}
        session.add(
            Promise(
                account_id=1,
                amount_minor=50000,
                currency="USD",
                promised_on=TODAY,
                due_on=TODAY,
                grace_on=TODAY,
                words="=2+5 on Friday",
                taken_by="ana",
                **told,
            )
        )
        session.add(Dispute(account_id=1, invoice_id=1, reason="the price", opened_on=TODAY, **told))
        document = {"account_id": 1, "invoice_id": 1, "kind": "invoice", "changed_at": NOW}
        session.add(Document(file_name="../I-1.pdf", paper_id=kept[INVOICE], **document))
        for account_id, words in ((1, "they will look"), (2, "of another")):
            log.append(
                session,
                Entry(at=NOW, actor="ana", what="call saved", account_id=account_id, text=words),
            )
    return book


def opened(content: bytes) -> tuple[dict[str, bytes], dict[str, Any]]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    return files, json.loads(files.pop("manifest.json"))


def table(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline="")))


def test_everything_is_there_and_the_manifest_proves_it(book: Book, tmp_path: Path) -> None:
    files, manifest = opened(evidence.pack(book.ledger, tmp_path, "HARBOR", now=NOW))
    assert set(files) == {
        *("statement.pdf", "invoices.pdf", "documents/1-I-1.pdf"),
        *("letters/2026-10-15-statement-sent.json", "letters/2026-10-15-statement-sent.pdf"),
        *("log.csv", "promises.csv", "disputes.csv", "letters.csv"),
    }
    assert {one["file"]: one["sha256"] for one in manifest["files"]} == {
        name: sha256(content).hexdigest() for name, content in files.items()
    }
    assert (manifest["account"], manifest["as_of"], manifest["missing"]) == ("HARBOR", "2026-11-23", [])
    assert manifest["log"]["entries"] == 1
    assert len(manifest["log"]["head"]) == 64


def test_what_was_kept_is_there_byte_for_byte(book: Book, tmp_path: Path) -> None:
    files, _ = opened(evidence.pack(book.ledger, tmp_path, "HARBOR", now=NOW))
    assert files["letters/2026-10-15-statement-sent.json"] == RECORD
    assert files["letters/2026-10-15-statement-sent.pdf"] == ATTACHED
    assert files["documents/1-I-1.pdf"] == INVOICE
    assert files["statement.pdf"].startswith(b"%PDF")


def test_what_shows_a_dispute_is_enclosed_from_its_opening_on(book: Book, tmp_path: Path) -> None:
    mail, note = b"The price is wrong.", b"They were right."
    with book.ledger.writing() as session:
        rows = [
            papers.record(
                session,
                papers.write(tmp_path, content),
                size=len(content),
                media_type="application/octet-stream",
                retention="document",
                now=NOW,
            )
            for content in (mail, note)
        ]
        session.scalars(select(Dispute)).one().evidence_id = rows[1].id
        for what, row in (("dispute opened", rows[0]), ("dispute upheld", rows[1])):
            entry = Entry(at=NOW, actor="ana", what=what, account_id=1, links={"document": row.sha256})
            log.append(session, entry)
    files, _ = opened(evidence.pack(book.ledger, tmp_path, "HARBOR", now=NOW))
    assert {name: files[name] for name in files if name.startswith("disputes/")} == {
        "disputes/1": note,
        "disputes/dispute-opened-2": mail,
    }


def test_the_tables_tell_this_account_and_hold_no_formula(book: Book, tmp_path: Path) -> None:
    files, _ = opened(evidence.pack(book.ledger, tmp_path, "HARBOR", now=NOW))
    assert [row["text"] for row in table(files["log.csv"])] == ["they will look"]
    [promise] = table(files["promises.csv"])
    assert (promise["amount"], promise["words"]) == ("500.00", "'=2+5 on Friday")
    assert [row["reason"] for row in table(files["disputes.csv"])] == ["the price"]
    assert [row["letter"] for row in table(files["letters.csv"])] == ["sent"]


def test_the_same_facts_and_moment_give_the_same_pack(book: Book, tmp_path: Path) -> None:
    first = evidence.pack(book.ledger, tmp_path, "HARBOR", now=NOW)
    assert evidence.pack(book.ledger, tmp_path, "HARBOR", now=NOW) == first


def test_a_paper_that_is_gone_is_named(book: Book, tmp_path: Path) -> None:
    papers.path_of(tmp_path, sha256(ATTACHED).hexdigest()).unlink()
    files, manifest = opened(evidence.pack(book.ledger, tmp_path, "HARBOR", now=NOW))
    assert manifest["missing"] == ["letters/2026-10-15-statement-sent.pdf"]
    assert "letters/2026-10-15-statement-sent.pdf" not in files


def test_an_account_with_nothing_at_all_has_a_pack(book: Book, tmp_path: Path) -> None:
    book.account("EMPTY", phone=None, email=None)
    files, manifest = opened(evidence.pack(book.ledger, tmp_path, "EMPTY", now=NOW))
    assert {"statement.pdf", "log.csv"} <= set(files)
    assert manifest["log"] == {"entries": 0, "head": None}
    with pytest.raises(Unclear, match="no account NOBODY"):
        evidence.pack(book.ledger, tmp_path, "NOBODY", now=NOW)
