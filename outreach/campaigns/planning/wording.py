"""The reasons a touch carries, in words: why this customer (product.md 2)."""

from collections.abc import Mapping, Sequence
from datetime import date

from outreach.ledger.facts import Due
from outreach.ledger.roster import OpenFiring
from outreach.rules import money, reasons
from outreach.rules.cadence import aged_mrr_months, days_past_due
from outreach.rules.plan_day import Balance, PlanDay
from outreach.rules.steps import (
    AGED_MRR,
    CALLBACK,
    FINAL_CHECK,
    FINAL_OVERDUE,
    OVERDUE_31,
    STATEMENT,
    Channel,
    Step,
)


def height(step: Step, channel: Channel) -> int:
    """Lowest first: the tier of a call, the rank of a letter; a step without either comes last."""
    order = step.tier if channel is Channel.CALL else step.letter
    return 99 if order is None else order


def words(
    firings: Sequence[OpenFiring],
    channel: Channel,
    balances: Mapping[int, Balance],
    finals: Mapping[int, Due],
    day: PlanDay,
) -> list[str]:
    """One reason a firing, the highest and oldest first; `balances` and `finals` by account."""

    def order(one: OpenFiring) -> tuple[int, date, str]:
        return height(one.step, channel), one.invoice.due_on if one.invoice else day.on, one.subject

    return [
        _reason(one, balances.get(one.account_id), finals.get(one.account_id), day)
        for one in (sorted(firings, key=order) if len(firings) > 1 else firings)
    ]


def _reason(firing: OpenFiring, balance: Balance | None, final: Due | None, day: PlanDay) -> str:
    step, invoice = firing.step, firing.invoice
    if firing.ground:
        return firing.ground.words
    if step is CALLBACK:
        opens = day.policy.calendar.working_hours.opens
        return reasons.callback(day.policy.moment(firing.touch_on, opens), day.policy.organization.zone)
    if step is STATEMENT:
        return reasons.statement(f"{day.on:%B %Y}")
    if invoice or step is FINAL_OVERDUE:
        return _of_invoice(step, invoice or final, day)
    return _of_account(step, balance, day) if balance else step.name.replace("_", " ")


def _of_invoice(step: Step, invoice: Due | None, day: PlanDay) -> str:
    if invoice is None:
        return step.name.replace("_", " ")
    days = days_past_due(invoice.due_on, day.on)
    amount = money.words(invoice.open_minor, invoice.currency)
    if step is FINAL_CHECK:
        return reasons.final_check(invoice.number, amount)
    if days < 0:
        return reasons.pre_due(invoice.number, -days, amount)
    word = reasons.final_overdue if step is FINAL_OVERDUE else reasons.followup
    return word(invoice.number, days, amount)


def _of_account(step: Step, balance: Balance, day: PlanDay) -> str:
    if step is OVERDUE_31 and balance.oldest_due:
        amount = money.words(max(balance.asked_over_31 - balance.credits, 0), balance.currency)
        return reasons.overdue_31(amount, days_past_due(balance.oldest_due, day.on))
    if step is AGED_MRR and balance.mrr_oldest_due:
        months = aged_mrr_months(balance.mrr_months, balance.mrr_oldest_due, day.on)
        return reasons.aged_mrr(months, money.words(balance.mrr_asked, balance.currency))
    return step.name.replace("_", " ")
