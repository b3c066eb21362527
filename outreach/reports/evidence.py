"""The evidence pack of an account: what an agency, a court or a colleague must have, with its hashes.

One archive: the statement, the invoices, the log of contacts, promises, disputes, letters as they were sent;
and a manifest that names each file with its SHA-256, and the last link of the account's log chain.
"""

import csv
import io
import json
import re
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from outreach.ledger import naming, papers, policies, timeline
from outreach.ledger.base import Ledger
from outreach.ledger.commitments import Dispute, Promise
from outreach.ledger.documents import Document
from outreach.ledger.letters import Letter
from outreach.ledger.log import LogEntry, LogHead
from outreach.ledger.log_reading import Selection, notes
from outreach.ledger.papers import Paper
from outreach.ledger.receivables import Account, Invoice
from outreach.mail import statements, summaries
from outreach.mail.composing import Letterhead
from outreach.mail.facts import STATEMENT
from outreach.mail.gathering import gather
from outreach.mail.previewing import imagine
from outreach.reports import log_export
from outreach.rules import money
from outreach.rules.policy import Policy

MANIFEST = "manifest.json"
MOST_LETTERS = 1_000
"""the newest of them"""
ENCLOSED = ("invoice", "contract", "eco", "travel")
"""kinds of documents that belong to what is claimed"""


@dataclass
class _Pack:
    """Files by name; and what should be there and is not."""

    files: dict[str, bytes] = field(default_factory=dict)
    missing: list[str] = field(default_factory=list)

    def put(self, name: str, content: bytes | None) -> None:
        if content is None:
            self.missing.append(name)
        else:
            self.files[name] = content


def pack(ledger: Ledger, files: Path, account_number: str, *, now: datetime) -> bytes:
    """The archive. The same facts and moment give the same bytes. Raises Unclear for no such account."""
    found = _Pack()
    with ledger.reading() as session:
        account, policy = naming.account(session, account_number), policies.in_force(session).policy
        today = policy.today(now)
        for name, content in _papers_of_ours(session, account, policy, today):
            found.put(name, content)
        for name, paper in _kept(session, account):
            found.put(name, _bytes(files, paper))
        for name, lines in _tables(session, account, policy):
            found.put(name, _csv(lines))
        head = session.get(LogHead, f"account:{account.id}")
        told = {
            "account": account.number,
            "name": account.name,
            "as_of": today.isoformat(),
            "made_at": now.isoformat(),
            "log": {"entries": head.sequence if head else 0, "head": head.digest if head else None},
        }
    return _archive(found, told, now)


def _papers_of_ours(
    session: Session, account: Account, policy: Policy, today: date
) -> Iterator[tuple[str, bytes]]:
    """The statement, and the invoices with what was paid on each."""
    we, country = Letterhead.of(policy.organization), policy.organization.country
    occasion = imagine(session, STATEMENT, account.number, policy, today)
    yield "statement.pdf", statements.statement(gather(session, [occasion], today)[0], we, country)
    if invoices := summaries.of_account(session, account, today, we, country):
        yield "invoices.pdf", invoices


def _kept(session: Session, account: Account) -> Iterator[tuple[str, Paper]]:
    """What we hold byte for byte: their documents, what shows a dispute, and each letter as it left with what
    was attached."""
    query = select(Document, Paper).join(Paper, Paper.id == Document.paper_id)
    query = query.where(Document.account_id == account.id, Document.kind.in_(ENCLOSED))
    for document, paper in session.execute(query.order_by(Document.id)):
        yield f"documents/{document.id}-{_plain(document.file_name)}", paper
    yield from _shown(session, account)
    letters = [one for one in _letters(session, account) if one.paper_id]
    ids = {one.paper_id for one in letters} | {one.attachment_id for one in letters}
    by_id = {row.id: row for row in session.scalars(select(Paper).where(Paper.id.in_(ids - {None})))}
    for letter in letters:
        name = f"letters/{letter.day}-{letter.step}-{letter.id}"
        yield f"{name}.json", by_id[letter.paper_id or 0]
        if letter.attachment_id:
            yield f"{name}.pdf", by_id[letter.attachment_id]


def _shown(session: Session, account: Account) -> Iterator[tuple[str, Paper]]:
    """What was brought when a dispute was opened, and when it was resolved: the row keeps the last, the log
    names both."""
    of_account = select(Dispute.id, Paper).join(Paper, Paper.id == Dispute.evidence_id)
    of_account = of_account.where(Dispute.account_id == account.id).order_by(Dispute.id)
    last = {paper.id: (f"disputes/{id_}", paper) for id_, paper in session.execute(of_account)}
    yield from last.values()
    told = (LogEntry.account_id == account.id, LogEntry.what.startswith("dispute "))
    entries = session.scalars(select(LogEntry).where(*told).order_by(LogEntry.id)).all()
    named = {one.links["document"]: one for one in entries if "document" in one.links}
    for paper in session.scalars(select(Paper).where(Paper.sha256.in_(named)).order_by(Paper.id)):
        if paper.id not in last:
            entry = named[paper.sha256]
            yield f"disputes/{_plain(entry.what)}-{entry.sequence}", paper


def _letters(session: Session, account: Account) -> Sequence[Letter]:
    found = timeline.letters(session, account.id, limit=MOST_LETTERS)
    return [one for one in found if one.state not in ("refused", "sending")]


def _tables(
    session: Session, account: Account, policy: Policy
) -> Iterator[tuple[str, Iterable[Sequence[Any]]]]:
    zone = policy.organization.zone
    log = log_export.lines(notes(session, Selection(account=account.number)), zone)
    yield "log.csv", [log_export.HEADERS, *log]
    yield "promises.csv", [PROMISES, *_promises(session, account.id)]
    yield "disputes.csv", [DISPUTES, *_disputes(session, account.id)]
    letters = _letters(session, account)
    told = ((it.day, it.step, it.subject, it.state, it.accepted_at, it.ended_at, it.id) for it in letters)
    yield "letters.csv", [LETTERS, *told]


PROMISES = ("promised on", "due on", "amount", "currency", "state", "source", "taken by", "words")
DISPUTES = ("invoice", "amount", "currency", "opened on", "resolved on", "source", "reason")
LETTERS = ("day", "step", "subject", "state", "accepted at", "ended at", "letter")


def _promises(session: Session, account_id: int) -> Iterator[Sequence[Any]]:
    query = select(Promise).where(Promise.account_id == account_id).order_by(Promise.promised_on, Promise.id)
    for it in session.scalars(query):
        amount = money.decimal(it.amount_minor, it.currency)
        yield it.promised_on, it.due_on, amount, it.currency, it.state, it.source, it.taken_by, it.words


def _disputes(session: Session, account_id: int) -> Iterator[Sequence[Any]]:
    query = select(Dispute, Invoice).join(Invoice, Invoice.id == Dispute.invoice_id)
    query = query.where(Dispute.account_id == account_id).order_by(Dispute.opened_on, Dispute.id)
    for it, invoice in session.execute(query):
        amount = "all" if it.amount_minor is None else money.decimal(it.amount_minor, invoice.currency)
        told = (it.opened_on, it.resolved_on, it.source, it.reason)
        yield invoice.number, amount, invoice.currency, *told


def _bytes(files: Path, paper: Paper) -> bytes | None:
    """None: its file is gone, which the manifest says."""
    try:
        return papers.read(files, paper)
    except OSError:
        return None


def _csv(lines: Iterable[Sequence[Any]]) -> bytes:
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    for line in lines:
        writer.writerow([log_export.guarded("" if cell is None else str(cell)) for cell in line])
    return text.getvalue().encode(log_export.ENCODING)


def _archive(found: _Pack, told: dict[str, Any], now: datetime) -> bytes:
    files = dict(sorted(found.files.items()))
    listed = [
        {"file": name, "sha256": sha256(content).hexdigest(), "bytes": len(content)}
        for name, content in files.items()
    ]
    manifest = told | {"files": listed, "missing": sorted(found.missing)}
    files[MANIFEST] = json.dumps(manifest, indent=2, ensure_ascii=False).encode()
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(zipfile.ZipInfo(name, now.timetuple()[:6]), content, zipfile.ZIP_DEFLATED)
    return buffer.getvalue()


def _plain(name: str) -> str:
    """A file's name that is one anywhere, and leads nowhere else."""
    return re.sub(r"[^A-Za-z0-9._-]+", "-", name).strip("-.") or "document"
