"""How a call ended: the carrier's outcome, the rep's disposition, what each counts for (product.md 1-3)."""

from collections.abc import Mapping
from datetime import date, timedelta
from enum import StrEnum
from typing import Literal, NamedTuple

from outreach.rules.policy import Policy
from outreach.rules.steps import FINAL_CHECK, Step


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


REFINEMENTS: Mapping[Outcome, frozenset[Outcome]] = {
    Outcome.ANSWERED_UNKNOWN: frozenset(
        {Outcome.MACHINE, Outcome.ANSWERED_HUMAN, Outcome.FAX, Outcome.VOICEMAIL_LEFT}
    ),
    Outcome.MACHINE: frozenset({Outcome.VOICEMAIL_LEFT}),
    Outcome.UNKNOWN: frozenset(Outcome) - {Outcome.UNKNOWN},
}
"""outcome -> what a later report may make of it (P5); an unknown one is resolved to anything"""

ANSWERED = frozenset({Outcome.ANSWERED_HUMAN, Outcome.ANSWERED_UNKNOWN})
RANG = ANSWERED | {
    Outcome.MACHINE,
    Outcome.VOICEMAIL_LEFT,
    Outcome.FAX,
    Outcome.NO_ANSWER,
    Outcome.ABANDONED,
}
MACHINES = frozenset({Outcome.MACHINE, Outcome.VOICEMAIL_LEFT})
UNCOUNTED = frozenset(
    {
        Outcome.BUSY,  # has a limit of its own
        Outcome.BAD_NUMBER,
        Outcome.BLOCKED,
        Outcome.FAILED,
        Outcome.REP_NO_ANSWER,
        Outcome.NOT_PLACED,
    }
)
"""never against the caps"""

AS_OUTCOME: Mapping[Disposition, Outcome] = {
    Disposition.LEFT_MESSAGE: Outcome.VOICEMAIL_LEFT,
    Disposition.NO_CONTACT: Outcome.NO_ANSWER,
    Disposition.WRONG_NUMBER: Outcome.BAD_NUMBER,
}
"""dispositions that close nothing: the ladder goes on as if the carrier had said so"""

CLOSING = frozenset(Disposition) - frozenset(AS_OUTCOME) - {Disposition.RECEIPT_CONFIRMED}


class FollowUp(NamedTuple):
    """The task a disposition opens."""

    kind: str
    title: str
    due_on: date
    for_role: Literal["rep", "supervisor"] = "rep"


def may_refine(old: Outcome, new: Outcome) -> bool:
    """Whether a later report may refine an outcome (P5)."""
    return new in REFINEMENTS.get(old, ())


def effective(outcome: Outcome, disposition: Disposition | None) -> Outcome:
    """What ladder and caps go by: the rep's word on a call that was answered, else the carrier's. A machine
    tells who lives there, too."""
    strangers = disposition is Disposition.WRONG_NUMBER and outcome in MACHINES
    if disposition is None or (outcome not in ANSWERED and not strangers):
        return outcome
    return AS_OUTCOME.get(disposition, outcome)


def rang(outcome: Outcome) -> bool:
    """Whether it is one of the attempts that rang."""
    return outcome in RANG


def counts(outcome: Outcome, *, bridged: bool) -> bool:
    """Whether the attempt stands against the number's caps (design.md 4).

    `bridged`: the customer's leg was begun; before that nothing rang. An attempt whose outcome nobody knows
    counts.
    """
    if outcome is Outcome.CANCELED:
        return bridged
    return outcome not in UNCOUNTED


def conversation(outcome: Outcome, disposition: Disposition | None) -> bool:
    """Whether the right person was spoken to. Until the rep says otherwise an answered call was one."""
    return outcome in ANSWERED and disposition not in AS_OUTCOME


def reached(outcome: Outcome, disposition: Disposition | None) -> bool:
    """A conversation, or a voicemail left."""
    return conversation(outcome, disposition) or effective(outcome, disposition) is Outcome.VOICEMAIL_LEFT


def closes(disposition: Disposition, step: Step) -> bool:
    """Whether it ends a firing's call side, pending a task or not; receipt_confirmed ends final checks."""
    if disposition is Disposition.RECEIPT_CONFIRMED:
        return step is FINAL_CHECK
    return disposition in CLOSING


def right_contact(name: str, on: date, policy: Policy) -> FollowUp:
    """Who writes that they are the wrong one, or that they leave, leaves us to find another."""
    tomorrow = policy.business_days.add_business_days(on, 1)
    return FollowUp("mend contact", f"Find the right contact, {name} is not", tomorrow)


def follow_up(
    disposition: Disposition, on: date, policy: Policy, agreed_on: date | None = None
) -> FollowUp | None:
    """The task it opens, if any. `agreed_on`: the day agreed for a callback."""
    days = policy.business_days
    tomorrow = days.add_business_days(on, 1)
    match disposition:
        case Disposition.PAID_ALREADY:
            return FollowUp("find payment", "Find the payment they say was made", tomorrow)
        case Disposition.DOCUMENTS_REQUESTED:
            return FollowUp("send documents", "Send the documents they asked for", days.roll_forward(on))
        case Disposition.CALLBACK:
            return FollowUp("callback", "Call back as agreed", days.roll_forward(agreed_on or on))
        case Disposition.REFUSED | Disposition.ESCALATE:
            return FollowUp("escalation", "They refuse or it is difficult: decide", tomorrow, "supervisor")
        case Disposition.PAYMENT_PLAN_REQUEST:
            return FollowUp("payment plan", "Approve or refuse the payment plan", tomorrow, "supervisor")
        case Disposition.INSOLVENCY_NOTICE:
            return FollowUp("insolvency", "Insolvency notice: the account is held", tomorrow, "supervisor")
        case _:
            return None


def call_again_on(disposition: Disposition, on: date, policy: Policy) -> date | None:
    """The day to call again after a side was closed pending a task: documents are asked about in 2 days."""
    if disposition is Disposition.DOCUMENTS_REQUESTED:
        return policy.business_days.roll_forward(on + timedelta(policy.retry.documents_days))
    return None
