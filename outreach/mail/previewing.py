"""What would go to an account for a step: the letter to look at before anything is sent."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from outreach.ledger import policies, reach
from outreach.ledger.receivables import Account, Invoice
from outreach.ledger.suspensions import standing_of
from outreach.mail.composing import Letterhead, compose, shipped
from outreach.mail.facts import Answered, Case, Facts, Instalment, Promised
from outreach.mail.gathering import Occasion, case_of, gather
from outreach.mail.letter_templates import LetterError
from outreach.mail.lines import Sums
from outreach.mail.threads import subject_of
from outreach.rules.policy import Policy
from outreach.rules.steps import (
    ANSWER,
    BROKEN_PROMISE,
    INSTALMENT_CHECK,
    PRE_DUE_3,
    PRE_DUE_7,
    PROMISE_CHECK,
    STEPS,
    SUSPENSION_1,
    Channel,
    Purpose,
)

EXAMPLE = "(An example: nothing of the kind stands in the ledger; its days and amounts are made up.)\n"
INSTALMENTS = 3
"""of the plan that is made up for an example"""


def preview(session: Session, step: str, account_number: str, on: date) -> str:
    """What would go to an account for a step on a day: its head and plain text. Nothing is decided by it.

    Where the ledger holds no promise, plan or case to speak of, one is made up, and the first line says so.
    Raises LetterError for an account or a step that does not exist, and where there is nothing to write.
    """
    policy = policies.in_force(session).policy
    found = gather(session, [imagine(session, step, account_number, policy, on)], on)[0]
    facts = _completed(found, policy)
    composed = compose(facts, Letterhead.of(policy.organization), shipped())
    to = f"{facts.contact} <{facts.address}>" if facts.contact else facts.address or "(there is no address)"
    example = "" if facts == found else EXAMPLE
    return f"{example}To: {to}\nSubject: {composed.subject}\n\n{composed.text}"


def imagine(session: Session, step: str, account_number: str, policy: Policy, on: date) -> Occasion:
    """The occasion there would be for a step, to the contact who would be chosen. Raises LetterError."""
    account = session.scalars(select(Account).where(Account.number == account_number)).first()
    if account is None:
        raise LetterError(f"there is no account {account_number}: use the customer number of the file")
    if step not in STEPS:
        raise LetterError(f"there is no step {step}: use one of {', '.join(STEPS)}")
    case = standing_of(session, account.id) if STEPS[step].purpose is Purpose.NOTICE else None
    ways = reach.ways(session, [account.id], Channel.EMAIL, policy)
    way = reach.choose(ways.get(account.id, []), reach.need_of(STEPS[step], Channel.EMAIL))
    return Occasion(
        step=step,
        account_ids=(account.id,),
        invoice_ids=case.invoice_ids if case else frozenset(_subjects(session, account.id, step, on)),
        case=case_of(case) if case and (case.case.days or step == SUSPENSION_1.name) else None,
        address=way.address if way else "",
        contact_id=way.contact_id if way else None,
        rep_id=account.rep_id,
        also_dunning=STEPS[step].purpose is Purpose.DUNNING,
    )


def _subjects(session: Session, account_id: int, step: str, on: date) -> Sequence[int]:
    """The invoices the step's firings would be about."""
    query = select(Invoice).where(Invoice.account_id == account_id, Invoice.open_minor > 0)
    found = session.scalars(query.order_by(Invoice.due_on, Invoice.id)).all()
    if step in (PRE_DUE_7.name, PRE_DUE_3.name):
        ahead = [one for one in found if one.due_on >= on]
        return [one.id for one in ahead if one.due_on == ahead[0].due_on]
    if STEPS[step].purpose is Purpose.NOTICE:
        return [one.id for one in found if (on - one.due_on).days > 30]  # product.md 5
    return [one.id for one in found if one.kind == "final"] if step.startswith("final") else ()


def _completed(facts: Facts, policy: Policy) -> Facts:
    """With what the step speaks of made up, where there is none."""
    days, step = policy.business_days, facts.step
    sums = next(iter(facts.asked or facts.sums), None)
    if STEPS[step].purpose is Purpose.NOTICE:
        return facts if facts.case else replace(facts, case=_case(facts, policy))
    if step == ANSWER.name:
        return replace(facts, answer=Answered(subject_of(""), "(What you write on the reply's page.)"))
    if sums is None:
        return facts
    if step == PROMISE_CHECK.name and not facts.promised:
        return replace(facts, promised=(_promised(sums, days.add_business_days(facts.day, 1)),))
    if step == BROKEN_PROMISE.name and not facts.broken:
        return replace(facts, broken=(_promised(sums, facts.day - timedelta(days=3)),))
    if step == INSTALMENT_CHECK.name and not facts.instalment:
        due_on = days.add_business_days(facts.day, 1)
        share = sums.open_minor // INSTALMENTS
        return replace(facts, instalment=Instalment(share, sums.currency, due_on, 1, INSTALMENTS))
    return facts


def _promised(sums: Sums, due_on: date) -> Promised:
    return Promised(sums.asked_minor or sums.open_minor, sums.currency, due_on)


def _case(facts: Facts, policy: Policy) -> Case:
    """As on the day of that notice, by the dates of product.md 5."""
    if facts.step == SUSPENSION_1.name:
        return Case()
    noticed_on = facts.day - timedelta(days=7)
    return Case(noticed_on, policy.business_days.roll_forward(noticed_on + timedelta(days=14)))
