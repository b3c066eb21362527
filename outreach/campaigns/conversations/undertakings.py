"""What they undertook on the phone: what a disposition writes down besides itself (product.md 2)."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from outreach.campaigns.agreements import commitments
from outreach.campaigns.agreements.commitments import Told
from outreach.dialer import ladder
from outreach.ledger import touches
from outreach.ledger.attempts import CallAttempt
from outreach.ledger.commitments import CommitmentError
from outreach.ledger.firings import Firing
from outreach.ledger.people import User
from outreach.ledger.receivables import Account, Invoice, of_family
from outreach.ledger.standing import duty_of
from outreach.ledger.touches import Touch
from outreach.rules import cadence, hours, outcomes, steps
from outreach.rules.hours import Closed
from outreach.rules.outcomes import Disposition
from outreach.rules.policy import Policy


@dataclass(frozen=True, slots=True, kw_only=True)
class WrapUp:
    """What the rep enters."""

    disposition: Disposition
    note: str = ""
    day: date | None = None
    """of a promise, of the pay run, of a callback"""
    at: datetime | None = None
    """of a callback, where an hour was agreed"""
    amount_minor: int | None = None
    """None: all of it"""
    currency: str | None = None
    """in which the amount was read"""
    invoice_ids: Sequence[int] = ()
    """empty: all that is past due"""
    root_cause: str | None = None
    confirm: bool = False
    """in writing, by a letter that leaves at once"""


@dataclass(frozen=True, slots=True)
class Talk:
    """A call being saved."""

    session: Session
    attempt: CallAttempt
    wrap: WrapUp
    by: str
    now: datetime
    policy: Policy

    @property
    def today(self) -> date:
        return self.policy.today(self.now)

    @property
    def told(self) -> Told:
        attempt = self.attempt
        return Told(
            session=self.session,
            account_id=attempt.account_id,
            owner_id=attempt.rep_id,
            source="call",
            words=self.wrap.note,
            by=self.by,
            on=self.today,
            now=self.now,
            policy=self.policy,
            attempt_id=attempt.id,
            about=attempt.id,
        )

    def invoices(self) -> Sequence[Invoice]:
        """What the call was about: the invoices that are ticked, else all that are past due."""
        wanted, ours = self.wrap.invoice_ids, of_family(self.attempt.account_id)
        which = Invoice.id.in_(wanted) if wanted else Invoice.due_on < self.today
        query = select(Invoice).join(Account, Account.id == Invoice.account_id)
        query = query.where(ours, which, Invoice.open_minor > 0).order_by(Invoice.due_on, Invoice.id)
        return self.session.scalars(query).all()


def write_down(talk: Talk) -> date | None:
    """Write down what the disposition undertakes. Returns the day of the follow-up, if there is one.

    Raises CommitmentError for what cannot be undertaken so.
    """
    if len(talk.wrap.invoice_ids) > len(talk.invoices()):
        raise CommitmentError("One of the invoices you ticked is not open with this customer.")
    commitments.check_amount(talk.wrap.amount_minor)
    writer = _WRITERS.get(talk.wrap.disposition)
    return writer(talk) if writer else None


def _amount(talk: Talk) -> int | None:
    """Of the invoices they spoke of. Raises CommitmentError."""
    commitments.check_currency(talk.wrap.amount_minor, talk.wrap.currency, talk.invoices())
    return talk.wrap.amount_minor


def _promise(talk: Talk) -> date:
    return commitments.promise(talk.told, talk.invoices(), talk.wrap.day, _amount(talk))


def _dispute(talk: Talk) -> date:
    """A dispute holds what is disputed. Of several invoices past due it must be said which."""
    invoices, amount = talk.invoices(), _amount(talk)
    if len(invoices) != 1 and (amount is not None or not talk.wrap.invoice_ids):
        raise CommitmentError("Tick the one invoice they dispute, or several without an amount.")
    return commitments.dispute(talk.told, invoices, talk.wrap.note or talk.wrap.root_cause or "", amount)


def _paid(talk: Talk) -> date:
    return commitments.claim_paid(talk.told, talk.invoices(), _amount(talk))


def _callback(talk: Talk) -> date:
    """At the hour they named, on the day they named, else within the hours we allow ourselves to answer."""
    at, day = talk.wrap.at, talk.wrap.day
    if at is None and day is None:
        return _call_again(talk, cadence.answer_due(talk.now, None, talk.policy))
    if at is None and day is not None:
        return _call_again(talk, talk.policy.moment(day, talk.policy.calendar.working_hours.opens))
    if at is None or at <= talk.now:
        raise CommitmentError("Say when to call back: it must lie ahead.")
    return _call_again(talk, at, exactly=True)


def _documents(talk: Talk) -> date | None:
    day = outcomes.call_again_on(talk.wrap.disposition, talk.today, talk.policy)
    if day is None:
        return None
    return _call_again(talk, talk.policy.moment(day, talk.policy.calendar.working_hours.opens))


def _receipt(talk: Talk) -> None:
    """Their final invoices have arrived: all that are open, due or not, unless some are ticked.

    Theirs are those of the accounts that the call was about.
    """
    about = touches.accounts_of(talk.session, talk.attempt.touch_id)
    final = (Invoice.kind == "final", Invoice.open_minor > 0)
    for invoice in talk.session.scalars(select(Invoice).where(Invoice.account_id.in_(about), *final)):
        if not talk.wrap.invoice_ids or invoice.id in talk.wrap.invoice_ids:
            invoice.receipt_confirmed_on = talk.today


def _insolvency(talk: Talk) -> None:
    """Said by the customer: we may go on asking neither it nor its children, until somebody has looked."""
    family = update(Account).where(of_family(talk.attempt.account_id), Account.insolvent_on.is_(None))
    talk.session.execute(family.values(insolvent_on=talk.today))


_WRITERS: Mapping[Disposition, Callable[[Talk], date | None]] = {
    Disposition.PROMISE_TO_PAY: _promise,
    Disposition.WILL_PAY_IN_RUN: _promise,
    Disposition.DISPUTE: _dispute,
    Disposition.PAID_ALREADY: _paid,
    Disposition.CALLBACK: _callback,
    Disposition.DOCUMENTS_REQUESTED: _documents,
    Disposition.RECEIPT_CONFIRMED: _receipt,
    Disposition.INSOLVENCY_NOTICE: _insolvency,
}


def _call_again(talk: Talk, at: datetime, *, exactly: bool = False) -> date:
    """A firing of its own and its touch at once, so that nothing has to remember it until then; in hours that
    suit them and the rep who calls."""
    called = talk.session.get_one(Touch, talk.attempt.touch_id)
    place = ladder.place_of(talk.session, talk.attempt, talk.policy)
    duty = duty_of(talk.session.get(User, called.rep_id or talk.attempt.rep_id), talk.policy)
    window = hours.next_call_window(place, at, talk.policy, duty)
    if isinstance(window, Closed):
        raise CommitmentError(f"They cannot be called back: {window.why}.")
    if exactly and not window.holds(at):
        raise CommitmentError("Choose a time at which they may be called.")
    not_before = max(at, window.opens)
    day = talk.policy.today(not_before)
    firing = Firing(
        account_id=talk.attempt.account_id,
        step=steps.CALLBACK.name,
        subject=talk.attempt.id,
        cycle=talk.attempt.id,
        fired_on=talk.today,
        raw_on=day,
        touch_on=day,
        call_side="open",
        call_again_on=day,
        created_at=talk.now,
    )
    n = touches.next_n(talk.session, called.account_id, "call", day)
    touch = touches.again(called, day=day, n=n, not_after=window.closes, now=talk.now)
    touch.step, touch.tier, touch.not_before = firing.step, steps.CALLBACK.tier, not_before
    touch.reasons = [f"callback agreed with {talk.by}"]
    talk.session.add_all([firing, touch])
    talk.session.flush()
    touches.carry(talk.session, touch.id, [firing.id])
    return day
