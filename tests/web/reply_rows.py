"""A reply that came and waits, by the road every reply comes."""

from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from outreach.campaigns.conversations import replying
from outreach.campaigns.conversations.replying import Attached, Parcel
from outreach.ledger import papers, policies
from outreach.ledger.papers import Sheet
from outreach.ledger.replies import Reply
from outreach.mail import incoming
from outreach.mail.incoming import Route
from tests.web.cast import CAST, NOW

HTML = "<p>We will pay on <b>Friday</b>.</p>"


def keep_reply(
    session: Session,
    files: Path,
    *,
    account_id: int | None = 1,
    body: str = "We will pay INV-1001 on Friday.\n",
    sender: str | None = None,
    name: str = "Maria Ortiz",
    subject: str = "Re: Invoices past due",
    html: str = HTML,
    file_name: str = "remittance.pdf",
) -> str:
    """From the account's contact, vouched for; without an account from a stranger. Returns its id."""
    known = f"ap@{CAST[account_id - 1].number.lower()}.example" if account_id else "someone@stranger.example"
    address = sender or known
    domain = address.rpartition("@")[2]
    head = (
        f"From: {name} <{address}>\r\nSubject: {subject}\r\nMessage-ID: <{hash((body, subject, name))}@x>\r\n"
    )
    mail = incoming.from_bytes(
        (head + "Date: Mon, 23 Nov 2026 09:30:00 -0800\r\n\r\n" + body).encode(),
        Route(sender=address, is_told=True, spf="pass", dkim={domain: "pass"}),
    )
    parts = [
        _attached(files, "text", "text", "text/plain", mail.text),
        _attached(files, "html", "html", "text/html", html),
        _attached(files, "file", file_name, "text/html", "<script>alert(1)</script>"),
    ]
    raw = _attached(files, "raw", "raw", "multipart/form-data", f"{subject}{body}{name}").sheet
    parcel = Parcel(mail, raw.digest, raw, parts, replying.own_words(mail))
    replying.take_in(session, parcel, policies.in_force(session), ("a key",), NOW)
    return session.scalars(select(Reply.id).where(Reply.key == raw.digest)).one()


def _attached(files: Path, role: str, name: str, media_type: str, content: str) -> Attached:
    data = content.encode()
    return Attached(role, name, Sheet(papers.write(files, data), len(data), media_type, "inbound"))
