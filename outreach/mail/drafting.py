"""Drafts: due touches to one address become one letter, written from what is true at the moment it is read.

Nothing is decided here and nothing is written to the database; papers are on disk before any row names them.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from email.utils import parseaddr
from pathlib import Path
from typing import cast

import orjson
from sqlalchemy.orm import Session

from outreach.ledger import papers
from outreach.ledger.base import new_id
from outreach.ledger.papers import Pile, Sheet
from outreach.ledger.touches import Touch
from outreach.mail import statements, summaries, threads
from outreach.mail.addresses import reply_address
from outreach.mail.bills import Bill
from outreach.mail.composing import HEADERS, Composed, Letterhead, compose, one_line
from outreach.mail.envelopes import Envelope, envelopes
from outreach.mail.facts import Facts
from outreach.mail.gathering import gather
from outreach.mail.letter_templates import LetterError
from outreach.mail.mailer import Attachment, Mailbox, Message
from outreach.mail.mailroom import Mailroom
from outreach.mail.permission import permissions
from outreach.rules import steps
from outreach.rules.policy import Policy

PDF, JSON = "application/pdf", "application/json"
MOST_BYTES = 10_000_000
"""of invoices with one letter: many mailboxes take no more than 20 MB, and base64 adds a third"""


@dataclass(frozen=True, slots=True)
class Written:
    """A letter ready to be sent, and what is kept of it."""

    message: Message
    template: str
    kept: Sheet
    attached: Sheet | None


@dataclass(frozen=True, slots=True)
class Enclosure:
    """A PDF that goes with a letter."""

    name: str
    made_by: str
    content: bytes

    def attachment(self, day: date) -> Attachment:
        return Attachment(f"{self.name}-{day:%Y-%m-%d}.pdf", PDF, self.content)


@dataclass(frozen=True)
class Draft:
    """One letter to one address: what it carries and what it states."""

    letter_id: str
    envelope: Envelope
    facts: Facts


@dataclass(frozen=True)
class Ready(Draft):
    """With its words, ready to be sent."""

    written: Written


@dataclass(frozen=True)
class Faulty(Draft):
    """A template or a name at fault has spoiled it, and no other."""

    why: str


def draft(
    room: Mailroom, session: Session, touches: Sequence[Touch], now: datetime, policy: Policy
) -> list[Draft]:
    """Write a letter to each address of these touches that may have one now."""
    chances = envelopes(session, touches, permissions(session, touches, now, policy)).values()
    stated = gather(session, [envelope.occasion for envelope in chances], policy.today(now))
    pile = Pile(room.files)
    drafts = [_draft(room, pile, *one, policy) for one in zip(chances, stated, strict=True)]
    pile.sync()
    return drafts


def _draft(room: Mailroom, pile: Pile, envelope: Envelope, facts: Facts, policy: Policy) -> Draft:
    letter_id = new_id()
    try:
        return Ready(letter_id, envelope, facts, _write(room, pile, letter_id, facts, policy))
    except LetterError as error:
        return Faulty(letter_id, envelope, facts, str(error))


def _write(room: Mailroom, pile: Pile, letter_id: str, facts: Facts, policy: Policy) -> Written:
    """The letter, its papers on the pile. Raises LetterError."""
    # Before it is composed: figures that templates ask for stay cached in the facts and would be stated too.
    stated = orjson.dumps(facts, default=_plain)
    we = Letterhead.of(policy.organization)
    composed = compose(facts, we, room.templates)
    enclosure = _enclosure(facts, we, policy.organization.country)
    attachments = [enclosure.attachment(facts.day)] if enclosure else []
    attachments += own_pdfs(room.files, facts.bills)
    message = _message(room, letter_id, facts, composed, attachments)
    attached = pile.put(enclosure.content, media_type=PDF, retention="statement") if enclosure else None
    record = _record(message, composed, stated, enclosure, attached)
    kept = pile.put(record, media_type=JSON, retention="letter")
    return Written(message, composed.template, kept, attached)


def _enclosure(facts: Facts, we: Letterhead, country: str) -> Enclosure | None:
    """The PDF that goes with the step's letter."""
    if facts.step == steps.STATEMENT.name:
        return Enclosure("statement", statements.VERSION, statements.statement(facts, we, country))
    if facts.step == steps.FINAL_CHECK.name:
        return Enclosure(
            "invoices", summaries.VERSION, summaries.summary(facts.bills, facts.day, we, country)
        )
    return None


def own_pdfs(files: Path, bills: Sequence[Bill]) -> Iterator[Attachment]:
    """The invoices themselves, as the ledger's owner has filed them; the first of them where all are too
    much for one letter."""
    left = MOST_BYTES
    for bill in bills:
        left -= bill.pdf_size
        if bill.pdf and left >= 0:
            name = re.sub(r"[^A-Za-z0-9._-]+", "-", bill.number).strip("-.") or "invoice"
            yield Attachment(f"{name}.pdf", PDF, papers.path_of(files, bill.pdf).read_bytes())


def _message(
    room: Mailroom, letter_id: str, facts: Facts, composed: Composed, attachments: Sequence[Attachment]
) -> Message:
    name, address = parseaddr(room.mail_from)
    us = one_line(name, "OUTREACH_MAIL_FROM")
    return Message(
        mid=letter_id,
        sender=Mailbox(address, us),
        to=Mailbox(one_line(facts.address, "the address"), one_line(facts.contact, "the contact's name")),
        reply_to=Mailbox(reply_address(letter_id, room.reply_domain, room.keys), us),
        subject=composed.subject,
        text=composed.text,
        html=composed.html,
        headers=HEADERS if facts.answer is None else threads.headers(facts.answer.thread),
        attachments=tuple(attachments),
    )


def _record(
    message: Message, composed: Composed, stated: bytes, enclosure: Enclosure | None, attached: Sheet | None
) -> bytes:
    """What left and what it was made from, as one document: proof of what a letter said, and why."""
    document = {
        "template": composed.template,
        "facts": orjson.Fragment(stated),
        "message": replace(message, attachments=()),
        "attached": {"sha256": attached.digest, "made_by": enclosure.made_by}
        if enclosure and attached
        else None,
    }
    return orjson.dumps(document, default=_plain, option=orjson.OPT_INDENT_2)


def _plain(value: object) -> object:
    """Named tuples and headers, which orjson does not know."""
    return value._asdict() if hasattr(value, "_asdict") else dict(cast(Mapping[str, str], value))
