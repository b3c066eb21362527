"""How a call ended: the carrier's outcome, the rep's disposition, and what each counts for (product.md 1 to 3)."""

from datetime import date
from enum import StrEnum
from typing import Literal, NamedTuple

from outreach.rules.policy import Policy
from outreach.rules.steps import Step


class Outcome(StrEnum):
    """From the carrier, once, at the end."""

    ANSWERED_HUMAN = "answered_human"
    ANSWERED_UNKNOWN = "answered_unknown"
    MACHINE = "machine"
    VOICEMAIL_LEFT = "voicemail_left"
    FAX = "fax"
    NO_ANSWER = "no_answer"
    BUSY = "busy"
    BAD_NUMBER = "bad_number"
    BLOCKED = "blocked"
    FAILED = "failed"
    CANCELED = "canceled"
    REP_NO_ANSWER = "rep_no_answer"
    ABANDONED = "abandoned"
    NOT_PLACED = "not_placed"
    UNKNOWN = "unknown"


class Disposition(StrEnum):
    """From the rep; a carrier never overwrites it."""

    PROMISE_TO_PAY = "promise_to_pay"
    WILL_PAY_IN_RUN = "will_pay_in_run"
    PAID_ALREADY = "paid_already"
    DISPUTE = "dispute"
    DOCUMENTS_REQUESTED = "documents_requested"
    CALLBACK = "callback"
    LEFT_MESSAGE = "left_message"
    WRONG_NUMBER = "wrong_number"
    NO_CONTACT = "no_contact"
    REFUSED = "refused"
    PAYMENT_PLAN_REQUEST = "payment_plan_request"
    ESCALATE = "escalate"
    RECEIPT_CONFIRMED = "receipt_confirmed"
    INSOLVENCY_NOTICE = "insolvency_notice"


class FollowUp(NamedTuple):
    """The task a disposition opens."""

    kind: str
    title: str
    due_on: date
    for_role: Literal["rep", "supervisor"]


def may_refine(old: Outcome, new: Outcome) -> bool:
    """Whether a later report may refine an outcome (P5)."""
    raise NotImplementedError


def effective(outcome: Outcome, disposition: Disposition | None) -> Outcome:
    """The outcome the ladder and the caps go by: left_message is voicemail_left, no_contact no_answer, ..."""
    raise NotImplementedError


def rang(outcome: Outcome) -> bool:
    """It counts towards the attempts that rang: answered, machine, voicemail_left, fax, no_answer, abandoned."""
    raise NotImplementedError


def counts(outcome: Outcome, *, bridged: bool) -> bool:
    """Whether the attempt stands against the number's caps (design.md 4); `bridged`: the customer's leg began."""
    raise NotImplementedError


def conversation(outcome: Outcome, disposition: Disposition | None) -> bool:
    """Whether the right person was spoken to."""
    raise NotImplementedError


def reached(outcome: Outcome, disposition: Disposition | None) -> bool:
    """A conversation, or a voicemail left."""
    raise NotImplementedError


def closes(disposition: Disposition, step: Step) -> bool:
    """Whether it ends the call side of a firing, pending a task or not."""
    raise NotImplementedError


def follow_up(
    disposition: Disposition, on: date, policy: Policy, agreed_on: date | None = None
) -> FollowUp | None:
    """The task it opens, if any; `agreed_on` is a callback's day."""
    raise NotImplementedError
