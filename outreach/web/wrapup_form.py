"""The paperwork of a call as a form: one key each, and what the form says as the value that is saved."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

from werkzeug.datastructures import MultiDict

from outreach.campaigns.conversations.wrapup import WrapUp
from outreach.ledger.commitments import CommitmentError
from outreach.rules import money
from outreach.rules.calendar import read_day
from outreach.rules.outcomes import Disposition
from outreach.rules.policy import Policy
from outreach.rules.root_causes import CAUSES
from outreach.web import fields

PROPOSED_BUSINESS_DAYS = 5
"""from today to the promise date that stands in the form"""
CALLBACK_AT = time(10)
LONGEST_NOTE = 4000


@dataclass(frozen=True, slots=True)
class Choice:
    """A disposition, the key that chooses it, the words on screen, and the field to go to next."""

    name: Disposition
    key: str
    words: str
    first: str = "note"


CHOICES = (
    Choice(Disposition.PROMISE_TO_PAY, "p", "promise to pay", "day"),
    Choice(Disposition.WILL_PAY_IN_RUN, "r", "will pay in run", "day"),
    Choice(Disposition.PAID_ALREADY, "a", "paid already"),
    Choice(Disposition.DISPUTE, "x", "dispute"),
    Choice(Disposition.DOCUMENTS_REQUESTED, "o", "documents"),
    Choice(Disposition.CALLBACK, "c", "call back", "callback_at"),
    Choice(Disposition.LEFT_MESSAGE, "m", "left a message"),
    Choice(Disposition.NO_CONTACT, "z", "not reached"),
    Choice(Disposition.WRONG_NUMBER, "w", "wrong number"),
    Choice(Disposition.REFUSED, "f", "refuses"),
    Choice(Disposition.PAYMENT_PLAN_REQUEST, "l", "wants a plan"),
    Choice(Disposition.ESCALATE, "e", "escalate"),
    Choice(Disposition.RECEIPT_CONFIRMED, "t", "receipt confirmed"),
    Choice(Disposition.INSOLVENCY_NOTICE, "i", "insolvent"),
)

DATED = (Disposition.PROMISE_TO_PAY, Disposition.WILL_PAY_IN_RUN)


def proposals(policy: Policy, today: date) -> dict[str, str]:
    """What stands in the form's fields before anybody types."""
    days = policy.business_days
    callback = datetime.combine(days.add_business_days(today, 1), CALLBACK_AT)
    return {
        "day": days.add_business_days(today, PROPOSED_BUSINESS_DAYS).isoformat(),
        "callback_at": callback.isoformat(timespec="minutes"),
    }


def read(form: MultiDict[str, str], currency: str, zone: ZoneInfo) -> WrapUp:
    """What the form says. `zone`: the customer's, in which a callback is agreed. Raises CommitmentError."""
    try:
        disposition = Disposition(form.get("disposition", ""))
    except ValueError:
        raise CommitmentError("Say what came of the call.") from None
    at = _moment(form.get("callback_at", ""), zone) if disposition is Disposition.CALLBACK else None
    return WrapUp(
        disposition=disposition,
        note=form.get("note", "").strip()[:LONGEST_NOTE],
        day=_day(form.get("day", "")) if disposition in DATED else at and at.astimezone(zone).date(),
        at=at,
        amount_minor=_amount(form.get("amount", ""), currency),
        currency=currency,
        invoice_ids=ticked(form),
        root_cause=_cause(form.get("root_cause", "")),
        confirm="confirm" in form,
    )


def _day(text: str) -> date:
    try:
        return read_day(text)
    except ValueError:
        raise CommitmentError("Say on which day they pay.") from None


def _moment(text: str, zone: ZoneInfo) -> datetime:
    try:
        day, _, hour = text.partition("T")
        return datetime.combine(read_day(day), time.fromisoformat(hour), zone).astimezone(UTC)
    except ValueError:
        raise CommitmentError("Say when to call back.") from None


def _amount(text: str, currency: str) -> int | None:
    """Empty: all of it."""
    if not text.strip():
        return None
    try:
        return money.typed(text, currency)
    except money.MoneyError as mistake:
        raise CommitmentError(f"{mistake}.") from None


def ticked(form: MultiDict[str, str]) -> tuple[int, ...]:
    """Ids of invoices as the form names them; whether they are this customer's is asked where they are used.

    Raises CommitmentError.
    """
    named = form.getlist("invoice")
    found = [one for one in map(fields.number, named) if one is not None]
    if len(found) < len(named):  # none ticked would mean all that is past due
        raise CommitmentError("One of the invoices you ticked is not open with this customer.")
    return tuple(found)


def _cause(text: str) -> str | None:
    if text and text not in CAUSES:
        raise CommitmentError("Choose why it is not paid from the list.")
    return text or None
