"""A letter that left, as rows and papers."""

import json
from pathlib import Path

from sqlalchemy.orm import Session

from outreach.ledger import papers
from outreach.ledger.base import new_id
from outreach.ledger.letters import Letter, LetterTouch
from outreach.ledger.touches import Touch
from tests.web.cast import NOW, TODAY

HTML = "<html><body><h1 style='color: red'>Your invoice INV-0980</h1></body></html>"


def keep_letter(
    session: Session,
    files: Path,
    *,
    account_ids: tuple[int, ...] = (3,),
    state: str = "delivered",
    html: str = HTML,
) -> str:
    """A statement with its PDF; it speaks for all of these accounts. Returns its id."""
    touches = [
        Touch(
            account_id=account_id,
            channel="email",
            day=TODAY,
            state="done",
            step="statement",
            currency="USD",
            reasons=[],
            destination_id=2 * account_ids[0],
            created_at=NOW,
        )
        for account_id in account_ids
    ]
    session.add_all(touches)
    session.flush()
    message = {
        "subject": "Invoices past due",
        "text": "Your invoice INV-0980",
        "html": html,
        "sender": {"name": "Billing", "address": "billing@outreach.example"},
        "reply_to": {"name": "Billing", "address": "r+1@reply.outreach.example"},
    }
    letter = Letter(
        id=new_id(),
        touch_id=touches[0].id,
        account_id=account_ids[0],
        destination_id=2 * account_ids[0],
        day=TODAY,
        step="statement",
        state=state,
        subject="Invoices past due",
        template="statement@1",
        paper_id=_keep(session, files, json.dumps({"message": message}).encode(), "application/json"),
        attachment_id=_keep(session, files, b"%PDF-1.4 a statement", "application/pdf"),
        provider="sendgrid",
        created_at=NOW,
        accepted_at=NOW,
    )
    session.add(letter)
    session.flush()
    session.add_all(LetterTouch(letter_id=letter.id, touch_id=touch.id) for touch in touches)
    return letter.id


def _keep(session: Session, files: Path, content: bytes, media_type: str) -> int:
    digest = papers.write(files, content)
    row = papers.record(
        session, digest, size=len(content), media_type=media_type, retention="letter", now=NOW
    )
    return row.id
