"""A mail of theirs taken in: whose it is, what it proposes, and what we owe them for it (product.md 2 and 4).

Nothing is decided by a mail alone: it proposes. The one thing it does by itself is to stop letters to an
address that asks for it, and to mark an address that a machine says does not exist.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from outreach import news
from outreach.campaigns.conversations.owing import Owed, owe
from outreach.ledger import letters, locks, log, papers, people, replies, tasks
from outreach.ledger.base import new_id
from outreach.ledger.destinations import Contact, Destination
from outreach.ledger.log import Entry, LogEntry
from outreach.ledger.papers import Sheet
from outreach.ledger.policies import InForce
from outreach.ledger.receivables import Account
from outreach.ledger.replies import Reply, ReplyPart
from outreach.mail import authentication, automatic, matching, reports, threads
from outreach.mail.automatic import Kind
from outreach.mail.incoming import Incoming
from outreach.mail.matching import Match
from outreach.mail.reports import Report
from outreach.rules import cadence
from outreach.rules.calendar import BusinessCalendar
from outreach.rules.reading.intents import Intent
from outreach.rules.reading.origin import DAY_FIRST, Origin
from outreach.rules.reading.reply import Reading, read
from outreach.rules.reading.visible import visible
from outreach.rules.steps import REPLY_WAITING

LONGEST_WORDS = 20_000
"""characters of their own words that the log keeps; all of them lie in the papers"""
WHAT: dict[Kind, str] = {
    "reply": "reply received",
    "auto_reply": "automatic reply received",
    "bounce": "letter came back",
    "complaint": "complaint received",
}


@dataclass(frozen=True, slots=True)
class Attached:
    """A part of the mail that is on disk already."""

    role: str
    name: str
    sheet: Sheet


@dataclass(frozen=True, slots=True)
class Parcel:
    """A mail with its papers, read outside any transaction."""

    mail: Incoming
    key: str
    """what makes it the same mail"""
    raw: Sheet
    parts: Sequence[Attached]
    words: str
    """their own"""


@dataclass(frozen=True, slots=True)
class _Case:
    session: Session
    parcel: Parcel
    kind: Kind
    match: Match
    in_force: InForce
    now: datetime

    @property
    def mail(self) -> Incoming:
        return self.parcel.mail


def own_words(mail: Incoming) -> str:
    """What they wrote themselves."""
    return visible(mail.text)[:LONGEST_WORDS]


def origin_of(
    mail: Incoming, zone: ZoneInfo, calendar: BusinessCalendar, now: datetime, country: str
) -> Origin:
    """The day a mail was written on, in the organization's zone; a clock far off counts for nothing."""
    sent = mail.sent_at
    if sent is None or abs((now - sent).days) > 365 * 20:
        sent = now
    top = mail.sender.rpartition(".")[2].upper()
    country = country or ("GB" if top == "UK" else top if len(top) == 2 else "")
    return Origin(sent.astimezone(zone).date(), calendar, country in DAY_FIRST)


def take_in(
    session: Session, parcel: Parcel, in_force: InForce, keys: Sequence[str], now: datetime
) -> tuple[str, ...]:
    """Write a mail down, once, with all that follows from it. Returns what has changed, for outreach.news."""
    if replies.known(session, parcel.key):
        return ()
    match = matching.match(session, parcel.mail, parcel.words, keys)
    case = _Case(session, parcel, automatic.kind(parcel.mail), match, in_force, now)
    _lock(case)
    if replies.known(session, parcel.key):  # the same mail, digested beside us
        return ()
    reading = _read(case)
    reply = _write(case, reading)
    if case.kind in ("bounce", "complaint"):
        _report(case)
    if Intent.STOP in (reading.intent, *reading.also) and case.kind == "reply":
        _suppress(case)
    if case.kind == "reply" and match.account_id:
        answer(session, reply, in_force, now)
        if match.letter:
            match.letter.replied_at = min(match.letter.replied_at or now, now)
    return _changed(session, reply)


def answer(session: Session, reply: Reply, in_force: InForce, now: datetime) -> None:
    """We owe them an answer, within the hours we allow ourselves; under the account's lock."""
    if reply.account_id is None:
        return
    reply.answer_due = cadence.answer_due(reply.received_at, None, in_force.policy)
    there = reply.received_at.astimezone(in_force.policy.organization.zone)
    words = f"they wrote on {there:%b} {there.day} at {there:%H:%M}: {reply.subject or 'no subject'}"
    owed = Owed(
        step=REPLY_WAITING,
        item=reply.id,
        account_id=reply.account_id,
        reason=words[:200],
        contact_id=reply.contact_id,
    )
    owe(session, owed, in_force, now)


def _lock(case: _Case) -> None:
    """Accounts before addresses (design.md 4)."""
    match, session = case.match, case.session
    if match.letter:
        letters.lock(session, [match.letter.id])
        return
    ids = [id_ for id_ in (match.account_id, match.suggested_id) if id_]
    parents = session.scalars(
        select(Account.parent_id).where(Account.id.in_(ids), Account.parent_id.is_not(None))
    )
    locks.lock_accounts(session, {*ids, *(id_ for id_ in parents if id_)})


def _read(case: _Case) -> Reading:
    """What a person wrote; a machine's words mean what it is."""
    if case.kind != "reply":
        is_away = case.kind == "auto_reply" and _away(case)
        return Reading(intent=Intent.OUT_OF_OFFICE if is_away else Intent.BOUNCE_OR_AUTO, confidence=0.9)
    contact = case.session.get(Contact, case.match.contact_id) if case.match.contact_id else None
    policy = case.in_force.policy
    country = (contact.country if contact else None) or ""
    origin = origin_of(case.mail, policy.organization.zone, policy.business_days, case.now, country)
    return read(case.parcel.words, origin)


def _away(case: _Case) -> bool:
    origin = Origin(case.in_force.policy.today(case.now), case.in_force.policy.business_days)
    said = read(f"{case.mail.subject}.\n\n{case.parcel.words}", origin)
    return Intent.OUT_OF_OFFICE in (said.intent, *said.also)


def _write(case: _Case, reading: Reading) -> Reply:
    session, parcel, mail, match = case.session, case.parcel, case.mail, case.match
    sheets = [parcel.raw, *(part.sheet for part in parcel.parts)]
    kept = papers.record_many(session, sheets, now=case.now)
    quiet = case.kind != "reply"
    reply = Reply(
        id=new_id(),
        key=parcel.key,
        kind=case.kind,
        account_id=match.account_id,
        suggested_id=match.suggested_id,
        letter_id=match.letter.id if match.letter else None,
        contact_id=match.contact_id,
        matched_by=match.rule,
        match_confidence=match.confidence,
        sender=mail.sender,
        sender_name=mail.sender_name,
        subject=mail.subject,
        sent_at=mail.sent_at,
        received_at=case.now,
        authentication=authentication.words(mail),
        is_verified=authentication.is_verified(mail),
        thread=threads.thread_of(mail),
        is_truncated=mail.truncated,
        fault=mail.fault,
        paper_id=kept[parcel.raw.digest],
        intent=reading.intent,
        also=list(reading.also),
        due_on=reading.on,
        amount_minor=reading.amount_minor,
        currency=reading.currency,
        invoices=list(reading.invoices),
        confidence=reading.confidence,
        words=reading.words[:2000],
        ended_at=case.now if quiet else None,
        ended_by="outreach" if quiet else None,
        ended_how="automatic" if quiet else None,
    )
    session.add(reply)
    session.flush()
    session.add_all(
        ReplyPart(
            reply_id=reply.id,
            n=n,
            role=part.role,
            name=part.name,
            media_type=part.sheet.media_type,
            paper_id=kept[part.sheet.digest],
        )
        for n, part in enumerate(parcel.parts)
    )
    write_down(
        session, reply, parcel.words, WHAT[case.kind], actor=mail.sender or "unknown sender", now=case.now
    )
    return reply


def write_down(session: Session, reply: Reply, words: str, what: str, *, actor: str, now: datetime) -> None:
    """Its entry in the log of its account; of mail of nobody's in that of the house."""
    entry = Entry(
        at=now,
        actor=actor,
        what=what,
        account_id=reply.account_id,
        invoices=reply.invoices,
        channel="email",
        direction="in",
        about=reply.id,
        outcome=reply.intent if reply.kind == "reply" else reply.kind,
        follow_up_on=reply.due_on,
        links={"reply": reply.id} | ({"letter": reply.letter_id} if reply.letter_id else {}),
        text=words or reply.subject or None,
    )
    log.append(session, entry)
    mine = select(LogEntry.text_id).where(LogEntry.about == reply.id).order_by(LogEntry.id.desc())
    reply.text_id = session.scalars(mine.limit(1)).first()


def _report(case: _Case) -> None:
    """Through the way every report of a letter goes; about a letter we know, and its own address."""
    letter, notice = case.match.letter, case.mail.notice
    if letter is None or notice is None:
        return
    to = case.session.get_one(Destination, letter.destination_id)
    if notice.recipient and notice.recipient != to.address:
        return
    hard = notice.kind == "bounce" and notice.is_hard
    soft: reports.Kind = "blocked" if notice.status.startswith("5") else "deferred"
    kind: reports.Kind = "complained" if notice.kind == "complaint" else "bounced" if hard else soft
    why = " ".join(filter(None, (notice.status, notice.why)))[:300]
    report = Report(kind, case.now, to.address, letter.id, why=why)
    policy = case.in_force.policy
    reports.hear(case.session, letter, report, policy, certain=True, now=case.now, at=case.now)


def _suppress(case: _Case) -> None:
    """A wish to be left alone only ever adds: the address they wrote from, or the one we wrote to."""
    match, session = case.match, case.session
    address_id = match.destination_id or (match.letter and match.letter.destination_id)
    if not address_id:
        return
    locks.lock_destinations(session, [address_id])
    address = session.get_one(Destination, address_id)
    if address.suppressed_at is None:
        address.suppressed_at, address.suppressed_why = case.now, "asked to stop by mail"
    account_id = match.account_id or match.suggested_id
    if account_id:
        policy = case.in_force.policy
        account = session.get_one(Account, account_id)
        tasks.open_task(
            session,
            key=f"asked to stop:{account_id}:{address_id}",
            kind="mend contact",
            title=f"{address.address} wants no more letters: find the right contact",
            due_on=policy.business_days.add_business_days(policy.today(case.now), 1),
            now=case.now,
            account_id=account_id,
            owner_id=account.rep_id,
        )


def _changed(session: Session, reply: Reply) -> tuple[str, ...]:
    account = session.get(Account, reply.account_id) if reply.account_id else None
    if account is None:
        return (news.INBOX, news.BOARD)
    desks = people.logins_at_desk(session, account.rep_id)
    return (news.INBOX, news.BOARD, news.account(account.number), *map(news.desk, desks))
