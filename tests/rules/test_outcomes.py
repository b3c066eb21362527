import itertools

import pytest

from outreach.rules.outcomes import (
    CLOSING,
    Disposition,
    Outcome,
    call_again_on,
    closes,
    conversation,
    counts,
    effective,
    follow_up,
    may_refine,
    rang,
    reached,
)
from outreach.rules.steps import FINAL_CHECK, FOLLOWUP_5, step
from tests.rules.given import POLICY, day

Ended, Said = Outcome, Disposition
TUESDAY = day("2026-11-24")  # before Thanksgiving

# product.md 3, Caps; design.md 4
RANG = {
    Ended.ANSWERED_HUMAN,
    Ended.ANSWERED_UNKNOWN,
    Ended.MACHINE,
    Ended.VOICEMAIL_LEFT,
    Ended.FAX,
    Ended.NO_ANSWER,
    Ended.ABANDONED,
}
UNCOUNTED = {Ended.BUSY, Ended.BAD_NUMBER, Ended.BLOCKED, Ended.FAILED, Ended.REP_NO_ANSWER, Ended.NOT_PLACED}


@pytest.mark.parametrize("outcome", Outcome)
def test_what_rang_and_what_counts(outcome: Outcome) -> None:
    assert rang(outcome) == (outcome in RANG)
    assert counts(outcome, bridged=True) == (outcome not in UNCOUNTED)


def test_a_canceled_call_counts_once_the_customer_was_rung() -> None:
    assert not counts(Ended.CANCELED, bridged=False)
    assert counts(Ended.CANCELED, bridged=True)


def test_an_unresolved_call_counts() -> None:
    assert counts(Ended.UNKNOWN, bridged=False)


# design.md 2, P5
REFINED = {
    (Ended.ANSWERED_UNKNOWN, Ended.MACHINE),
    (Ended.ANSWERED_UNKNOWN, Ended.ANSWERED_HUMAN),
    (Ended.ANSWERED_UNKNOWN, Ended.FAX),
    (Ended.ANSWERED_UNKNOWN, Ended.VOICEMAIL_LEFT),
    (Ended.MACHINE, Ended.VOICEMAIL_LEFT),
}


@pytest.mark.parametrize(("old", "new"), list(itertools.product(Outcome, repeat=2)))
def test_an_outcome_is_only_refined(old: Outcome, new: Outcome) -> None:
    resolved = old is Ended.UNKNOWN and new is not Ended.UNKNOWN
    assert may_refine(old, new) == (resolved or (old, new) in REFINED)


@pytest.mark.parametrize(
    ("outcome", "disposition", "as_outcome"),
    [
        (Ended.ANSWERED_HUMAN, Said.LEFT_MESSAGE, Ended.VOICEMAIL_LEFT),
        (Ended.ANSWERED_UNKNOWN, Said.NO_CONTACT, Ended.NO_ANSWER),
        (Ended.ANSWERED_HUMAN, Said.WRONG_NUMBER, Ended.BAD_NUMBER),
        (Ended.ANSWERED_HUMAN, Said.PROMISE_TO_PAY, Ended.ANSWERED_HUMAN),
        (Ended.ANSWERED_HUMAN, None, Ended.ANSWERED_HUMAN),
        (Ended.MACHINE, Said.WRONG_NUMBER, Ended.BAD_NUMBER),  # it told whose it is
        (Ended.MACHINE, Said.NO_CONTACT, Ended.MACHINE),  # the carrier's word stands where nobody answered
        (Ended.BUSY, None, Ended.BUSY),
    ],
)
def test_what_the_ladder_goes_by(
    outcome: Outcome, disposition: Disposition | None, as_outcome: Outcome
) -> None:
    assert effective(outcome, disposition) is as_outcome


@pytest.mark.parametrize(
    ("outcome", "disposition", "spoke", "reached_them"),
    [
        (Ended.ANSWERED_HUMAN, Said.PROMISE_TO_PAY, True, True),
        (Ended.ANSWERED_UNKNOWN, Said.REFUSED, True, True),
        (Ended.ANSWERED_HUMAN, None, True, True),
        (Ended.ANSWERED_HUMAN, Said.LEFT_MESSAGE, False, True),
        (Ended.ANSWERED_HUMAN, Said.NO_CONTACT, False, False),
        (Ended.ANSWERED_HUMAN, Said.WRONG_NUMBER, False, False),
        (Ended.VOICEMAIL_LEFT, None, False, True),
        (Ended.MACHINE, None, False, False),
        (Ended.NO_ANSWER, None, False, False),
        (Ended.UNKNOWN, None, False, False),
    ],
)
def test_a_voicemail_is_no_conversation(
    outcome: Outcome, disposition: Disposition | None, spoke: bool, reached_them: bool
) -> None:
    assert conversation(outcome, disposition) is spoke
    assert reached(outcome, disposition) is reached_them


# product.md 2: closing, and closed pending a task; the others close nothing
CLOSE = (
    "promise_to_pay will_pay_in_run dispute payment_plan_request refused escalate insolvency_notice "
    "paid_already documents_requested callback"
)


@pytest.mark.parametrize("disposition", Disposition)
def test_which_dispositions_close_a_calls_side(disposition: Disposition) -> None:
    assert closes(disposition, FOLLOWUP_5) == (disposition in CLOSE.split())


def test_a_confirmed_receipt_closes_final_checks_only() -> None:
    assert closes(Said.RECEIPT_CONFIRMED, FINAL_CHECK)
    assert not closes(Said.RECEIPT_CONFIRMED, step("overdue_31"))
    assert Said.RECEIPT_CONFIRMED not in CLOSING


@pytest.mark.parametrize(
    ("disposition", "kind", "due_on", "role"),
    [
        (Said.PAID_ALREADY, "find payment", "2026-11-25", "rep"),
        (Said.DOCUMENTS_REQUESTED, "send documents", "2026-11-24", "rep"),
        (Said.CALLBACK, "callback", "2026-11-27", "rep"),
        (Said.REFUSED, "escalation", "2026-11-25", "supervisor"),
        (Said.ESCALATE, "escalation", "2026-11-25", "supervisor"),
        (Said.PAYMENT_PLAN_REQUEST, "payment plan", "2026-11-25", "supervisor"),
        (Said.INSOLVENCY_NOTICE, "insolvency", "2026-11-25", "supervisor"),
    ],
)
def test_the_task_a_disposition_opens(disposition: Disposition, kind: str, due_on: str, role: str) -> None:
    task = follow_up(disposition, TUESDAY, POLICY, agreed_on=day("2026-11-26"))  # Thanksgiving
    assert task is not None
    assert (task.kind, task.due_on, task.for_role) == (kind, day(due_on), role)


NO_TASK = [Said.PROMISE_TO_PAY, Said.LEFT_MESSAGE, Said.NO_CONTACT, Said.RECEIPT_CONFIRMED]


@pytest.mark.parametrize("disposition", NO_TASK)
def test_the_others_open_none(disposition: Disposition) -> None:
    assert follow_up(disposition, TUESDAY, POLICY) is None


def test_documents_are_asked_about_two_days_later() -> None:
    assert call_again_on(Said.DOCUMENTS_REQUESTED, TUESDAY, POLICY) == day("2026-11-27")
    assert call_again_on(Said.PAID_ALREADY, TUESDAY, POLICY) is None
