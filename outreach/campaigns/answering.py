"""A reply answered by a person: what it proposed is confirmed, corrected or put aside, in one transaction."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from outreach.campaigns import promising, replying
from outreach.ledger import locks, log, replies, tasks
from outreach.ledger.commitments import Dispute, Hold, Promise
from outreach.ledger.log import Entry, LogText
from outreach.ledger.policies import InForce
from outreach.ledger.receivables import Account, Invoice
from outreach.ledger.replies import Reply
from outreach.rules import commitments, money, outcomes
from outreach.rules.outcomes import Disposition
from outreach.rules.policy import Policy

RESOLVED_WITHIN = 5
"""business days for a dispute to be looked into (product.md 4)"""


class AnswerError(ValueError):
    """It cannot be answered so; the sentence says what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreed:
    """What a person makes of the proposal."""

    on: date | None = None
    amount_minor: int | None = None
    """None: all of it"""
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
            raise AnswerError("Say first whose reply it is.")
        return self.reply.account_id

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
    """Take the locks. Raises AnswerError where somebody has been faster."""
    account = session.get_one(Account, reply.account_id) if reply.account_id else None
    locks.lock_accounts(session, [id_ for id_ in (account.id, account.parent_id) if id_] if account else [])
    session.refresh(reply)
    if reply.ended_at is not None:
        raise AnswerError(f"It has been answered already, by {reply.ended_by}.")
    return Answer(session, reply, by, now, policy)


def promise(answer: Answer, agreed: Agreed) -> None:
    """They will pay: a promise with their own words, which holds what it covers. Raises AnswerError."""
    reply, invoices = answer.reply, answer.invoices(agreed.invoice_ids)
    if agreed.on is None or agreed.on < answer.today:
        raise AnswerError("Say on which day they will pay: today or later.")
    if len({invoice.currency for invoice in invoices}) != 1:
        raise AnswerError("Tick the open invoices they will pay, all of one currency.")
    total = sum(invoice.open_minor for invoice in invoices)
    amount = total if agreed.amount_minor is None else agreed.amount_minor
    if amount <= 0:
        raise AnswerError("The amount must be more than nothing.")
    if amount > total:
        raise AnswerError(f"They owe {money.words(total, invoices[0].currency)} on these invoices: no more.")
    made = Promise(
        account_id=answer.account_id,
        amount_minor=amount,
        currency=invoices[0].currency,
        promised_on=answer.policy.today(reply.received_at),
        due_on=agreed.on,
        grace_on=commitments.grace_day(agreed.on, answer.policy),
        source="email",
        words=reply.words or _words(answer),
        taken_by=answer.by,
        created_at=answer.now,
    )
    promising.record(answer.session, made, invoices)
    if (agreed.on - answer.today).days > answer.policy.promises.supervisor_beyond_days:
        title = f"A promise for {agreed.on}: agree to it or not"
        _task(answer, f"promise:{made.id}", "promise", title, answer.today, "supervisor")
    _close(answer, "promise taken", Disposition.PROMISE_TO_PAY, invoices, agreed.on)


def paid(answer: Answer, agreed: Agreed) -> None:
    """They say it is paid: we look for the payment, and ask for nothing of it meanwhile."""
    invoices = answer.invoices(agreed.invoice_ids)
    until = answer.policy.business_days.add_business_days(
        answer.today, answer.policy.promises.claimed_paid_business_days
    )
    for invoice in invoices:
        _hold(answer, invoice, "paid", until)
    _follow_up(answer, Disposition.PAID_ALREADY)
    _close(answer, "payment claimed", Disposition.PAID_ALREADY, invoices, until)


def dispute(answer: Answer, agreed: Agreed) -> None:
    """They dispute it: each invoice is held until somebody has looked into it. Raises AnswerError."""
    invoices = answer.invoices(agreed.invoice_ids)
    named = agreed.invoice_ids or {one.number for one in invoices} & _spelled(answer.reply.invoices)
    if len(invoices) != 1 and not named:
        raise AnswerError("Tick the invoices they dispute.")
    due_on = answer.policy.business_days.add_business_days(answer.today, RESOLVED_WITHIN)
    for invoice in invoices:
        opened = Dispute(
            account_id=invoice.account_id,
            invoice_id=invoice.id,
            reason=answer.reply.words or _words(answer) or "not said",
            source="email",
            opened_on=answer.today,
            due_on=due_on,
            created_at=answer.now,
        )
        answer.session.add(opened)
        answer.session.flush()
        _hold(answer, invoice, "dispute", None, dispute_id=opened.id)
        title = f"Look into the dispute of {invoice.number}"
        _task(answer, f"dispute:{opened.id}", "dispute", title, due_on)
    _close(answer, "dispute opened", Disposition.DISPUTE, invoices, due_on)


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
        raise AnswerError("It has been placed already.")
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
        disposition=said,
        follow_up_on=follow_up_on,
        links={"reply": reply.id},
        text=reply.words or None,
    )
    log.append(answer.session, entry)
    replies.end(answer.session, [reply.id], by=answer.by, how=what, now=answer.now, on=answer.today)


def _hold(answer: Answer, invoice: Invoice, kind: str, until: date | None, **why: int) -> None:
    answer.session.add(
        Hold(
            account_id=invoice.account_id,
            invoice_id=invoice.id,
            kind=kind,
            since=answer.today,
            until=until,
            **why,
        )
    )


def _follow_up(answer: Answer, disposition: Disposition) -> None:
    found = outcomes.follow_up(disposition, answer.today, answer.policy)
    if found:
        _task(
            answer, f"{found.kind}:{answer.reply.id}", found.kind, found.title, found.due_on, found.for_role
        )


def _task(answer: Answer, key: str, kind: str, title: str, due_on: date, for_role: str = "rep") -> None:
    account = answer.session.get_one(Account, answer.account_id)
    tasks.open_task(
        answer.session,
        key=key,
        kind=kind,
        title=f"{title}: {account.name}",
        due_on=due_on,
        now=answer.now,
        account_id=account.id,
        owner_id=account.rep_id if for_role == "rep" else None,
        for_role=for_role,
    )


def _words(answer: Answer) -> str:
    body = answer.session.scalars(select(LogText.body).where(LogText.id == answer.reply.text_id)).first()
    return (body or "")[:2000]


def _spelled(numbers: Sequence[str]) -> set[str]:
    return {spelled for one in numbers for spelled in (one, one.upper())}
