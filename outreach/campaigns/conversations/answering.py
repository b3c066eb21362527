"""A reply answered by a person: what it proposed is confirmed, corrected or put aside, in one transaction."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from outreach.campaigns.agreements import commitments
from outreach.campaigns.agreements.commitments import Told
from outreach.campaigns.conversations import replying
from outreach.ledger import locks, log, replies
from outreach.ledger.commitments import CommitmentError
from outreach.ledger.destinations import Contact
from outreach.ledger.log import Entry, LogText
from outreach.ledger.policies import InForce
from outreach.ledger.receivables import Account, Invoice
from outreach.ledger.replies import Reply
from outreach.rules import outcomes
from outreach.rules.outcomes import Disposition
from outreach.rules.policy import Policy


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreed:
    """What a person makes of the proposal."""

    on: date | None = None
    amount_minor: int | None = None
    """None: all of it"""
    currency: str | None = None
    """in which the amount was stated"""
    invoice_ids: Sequence[int] = ()
    """empty: those the reply names, else all that is past due"""


@dataclass(frozen=True, slots=True)
class Answer:
    """A reply being answered, the locks of its account held."""

    session: Session
    reply: Reply
    by: str
    now: datetime
    policy: Policy

    @property
    def today(self) -> date:
        return self.policy.today(self.now)

    @property
    def account_id(self) -> int:
        if self.reply.account_id is None:
            raise CommitmentError("Say first whose reply it is.")
        return self.reply.account_id

    @property
    def told(self) -> Told:
        account = self.session.get_one(Account, self.account_id)
        return Told(
            session=self.session,
            account_id=account.id,
            owner_id=account.rep_id,
            source="email",
            words=self.reply.words or _words(self),
            by=self.by,
            on=self.policy.today(self.reply.received_at),
            now=self.now,
            policy=self.policy,
            about=self.reply.id,
        )

    def invoices(self, chosen: Sequence[int] = ()) -> Sequence[Invoice]:
        """Open ones: those chosen, else those the reply names, else all that is past due."""
        ours = or_(Account.id == self.account_id, Account.parent_id == self.account_id)
        query = select(Invoice).join(Account, Account.id == Invoice.account_id)
        query = query.where(ours, Invoice.open_minor > 0).order_by(Invoice.due_on, Invoice.id)
        if chosen:
            return self.session.scalars(query.where(Invoice.id.in_(chosen))).all()
        named = self.session.scalars(query.where(Invoice.number.in_(_spelled(self.reply.invoices)))).all()
        return named or self.session.scalars(query.where(Invoice.due_on < self.today)).all()


def begin(session: Session, reply: Reply, *, by: str, now: datetime, policy: Policy) -> Answer:
    """Take the locks. Raises CommitmentError where somebody has been faster."""
    account = session.get_one(Account, reply.account_id) if reply.account_id else None
    locks.lock_accounts(session, [id_ for id_ in (account.id, account.parent_id) if id_] if account else [])
    session.refresh(reply)
    if reply.ended_at is not None:
        raise CommitmentError(f"It has been answered already, by {reply.ended_by}.")
    return Answer(session, reply, by, now, policy)


def promise(answer: Answer, agreed: Agreed) -> None:
    """They will pay: a promise with their own words, which holds what it covers. Raises CommitmentError."""
    invoices = answer.invoices(agreed.invoice_ids)
    commitments.check_currency(agreed.amount_minor, agreed.currency, invoices)
    due_on = commitments.promise(answer.told, invoices, agreed.on, agreed.amount_minor)
    _close(answer, "promise taken", Disposition.PROMISE_TO_PAY, invoices, due_on)


def paid(answer: Answer, agreed: Agreed) -> None:
    """They say it is paid: we look for the payment, and ask for nothing of it meanwhile."""
    invoices = answer.invoices(agreed.invoice_ids)
    commitments.check_currency(agreed.amount_minor, agreed.currency, invoices)
    until = commitments.claim_paid(answer.told, invoices, agreed.amount_minor)
    _look_for_payment(answer)
    _close(answer, "payment claimed", Disposition.PAID_ALREADY, invoices, until)


def dispute(answer: Answer, agreed: Agreed) -> None:
    """They dispute it: each invoice is held until somebody has looked into it. Raises CommitmentError."""
    invoices = answer.invoices(agreed.invoice_ids)
    named = agreed.invoice_ids or {one.number for one in invoices} & _spelled(answer.reply.invoices)
    if len(invoices) != 1 and not named:
        raise CommitmentError("Tick the invoices they dispute.")
    due_on = commitments.dispute(answer.told, invoices, answer.told.words)
    _close(answer, "dispute opened", Disposition.DISPUTE, invoices, due_on)


def left(answer: Answer) -> None:
    """The wrong person, or one who has left: not called nor written to again. The account is still ours to
    collect, with a task to find the right one. Raises CommitmentError."""
    who = answer.session.get(Contact, answer.reply.contact_id) if answer.reply.contact_id else None
    if who is None:
        raise CommitmentError("No contact of theirs writes from this address: there is none to mark.")
    who.left_on = answer.today
    found = outcomes.right_contact(who.name, answer.today, answer.policy)
    commitments.follow_up(answer.told, found)
    _close(answer, "contact left", None, (), found.due_on)


def handled(answer: Answer) -> None:
    """Somebody has dealt with it, whatever it took."""
    _close(answer, "reply handled", None, (), None)


def assign(
    session: Session, reply: Reply, account: Account, in_force: InForce, *, by: str, now: datetime
) -> None:
    """A person says whose reply it is: from here on it is that customer's like any other."""
    locks.lock_accounts(session, [id_ for id_ in (account.id, account.parent_id) if id_])
    session.refresh(reply)
    if reply.account_id is not None or reply.ended_at is not None:
        raise CommitmentError("It has been placed already.")
    reply.account_id, reply.matched_by, reply.match_confidence = account.id, "a person", 1.0
    body = session.scalars(select(LogText.body).where(LogText.id == reply.text_id)).first()
    replying.write_down(
        session, reply, body or "", f"reply placed by {by}", actor=reply.sender or by, now=now
    )
    replying.answer(session, reply, in_force, now)


def _close(
    answer: Answer,
    what: str,
    said: Disposition | None,
    invoices: Sequence[Invoice],
    follow_up_on: date | None,
) -> None:
    reply = answer.reply
    entry = Entry(
        at=answer.now,
        actor=answer.by,
        what=what,
        account_id=reply.account_id,
        invoices=[invoice.number for invoice in invoices],
        channel="email",
        direction="in",
        about=reply.id,
        disposition=said,
        follow_up_on=follow_up_on,
        links={"reply": reply.id},
        text=reply.words or None,
    )
    log.append(answer.session, entry)
    replies.end(answer.session, [reply.id], by=answer.by, how=what, now=answer.now, on=answer.today)


def _look_for_payment(answer: Answer) -> None:
    found = outcomes.follow_up(Disposition.PAID_ALREADY, answer.today, answer.policy)
    if found is not None:
        commitments.follow_up(answer.told, found)


def _words(answer: Answer) -> str:
    body = answer.session.scalars(select(LogText.body).where(LogText.id == answer.reply.text_id)).first()
    return (body or "")[:2000]


def _spelled(numbers: Sequence[str]) -> set[str]:
    return {spelled for one in numbers for spelled in (one, one.upper())}
