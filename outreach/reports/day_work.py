"""A day's work as the document of the figures has it: calls, promises, voicemails, receipts, causes."""

from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from outreach.ledger import campaigns, day_work
from outreach.ledger.campaigns import PAID_WITHIN, Stage
from outreach.ledger.day_work import Calls
from outreach.ledger.promises import Judging
from outreach.reports.board import by_now, day_of
from outreach.rules.explained import Explained, share
from outreach.rules.leaving_out import group
from outreach.rules.money import decimal
from outreach.rules.policy import Policy

CAMPAIGN_DAYS = PAID_WITHIN
"""campaigns of so long are followed: as long as a payment counts as theirs"""
MAIL: Mapping[str, Stage] = {
    "planned": "letters",
    "sent": "sent",
    "delivered": "delivered",
    "opened": "opened",
    "replied": "replied",
    "bounced": "bounced",
}


def activity(session: Session, day: date, made: Calls, policy: Policy, now: datetime) -> dict[str, Any]:
    """What was done on a day, beside its shares (see `shares`)."""
    promises = day_work.promised(session, day)
    return {
        **_pace(session, day, policy, now),
        "customers_called": made.customers,
        "calls_that_rang": made.rang,
        "answered": made.answered,
        "right_party_contacts": made.right_party,
        "promises": {
            "count": sum(count for _, count, _ in promises),
            "amounts": {currency: decimal(amount, currency) for currency, _, amount in sorted(promises)},
        },
        "root_causes": [
            {
                "cause": one.name,
                "accounts": one.accounts,
                "currency": one.currency,
                "amount": decimal(one.amount, one.currency),
            }
            for one in day_work.causes(session, day)
        ],
    }


def _pace(session: Session, day: date, policy: Policy, now: datetime) -> dict[str, Any]:
    """Each rep beside 75 customers a day, and where an even pace would be by now."""
    reps = [
        {
            "rep": rep.login,
            "called": pace.called,
            "target": policy.desk.target,
            "by_now": by_now(rep, policy, day, now),
            "calls": pace.calls,
            "answered": pace.answered,
            "promises": pace.promises,
        }
        for rep, pace in day_work.working(session, day)
    ]
    return {
        "target": policy.desk.target * len(reps),
        "by_now": sum(int(str(rep["by_now"])) for rep in reps),
        "reps": reps,
    }


def shares(session: Session, day: date, made: Calls, policy: Policy, now: datetime) -> dict[str, Explained]:
    """Of a day's calls, voicemails and receipts: how many went as they should."""
    starts, ends = day_of(policy, day)
    due, in_time = day_work.voicemails_due(session, starts, min(ends, now))
    return {
        "connect_rate": _of_calls(made, made.answered, "answered"),
        "right_party_rate": _of_calls(made, made.right_party, "right person spoken to"),
        "emailed_same_day": _of_calls(made, made.written_to, "followed by an email that day"),
        "voicemails_in_time": share(
            in_time,
            due,
            "answered by their time / voicemails due that day x 100",
            ("answered by their time", "voicemails due that day"),
        ),
        "applied_within_a_business_day": _applied(session, day, policy),
    }


def _of_calls(made: Calls, part: int, name: str) -> Explained:
    return share(part, made.rang, f"{name} / calls that rang x 100", (name, "calls that rang"))


def _applied(session: Session, day: date, policy: Policy) -> Explained:
    """Of what came in and whose business day is over. Without any, files do not state when payments came."""
    judged = in_time = 0
    for one in day_work.receipts(session, day):
        by = policy.business_days.add_business_days(one.received_on, 1)
        if by <= day:
            judged += one.receipts
            in_time += one.receipts if one.applied_on and one.applied_on <= by else 0
    formula = "applied within one business day / payments received in the last 90 days x 100"
    names = ("applied within one business day", "payments received in the last 90 days")
    found = share(in_time, judged, formula, names)
    if judged:
        return found
    why = "no file states when a payment was received: a column Received date would, or unapplied receipts"
    return Explained(None, "%", formula, found.inputs, why=why)


def campaign_lines(session: Session, at: Judging) -> Iterator[dict[str, Any]]:
    """The campaigns of the last 14 days, the newest first, by what had come of them on the day."""
    first = at.today - CAMPAIGN_DAYS + timedelta(1)
    attempted = campaigns.attempted(session, first, at.today)
    kept, paid = campaigns.kept(session, first, at), campaigns.paid_by(session, first, at.today)
    for campaign, funnel in campaigns.funnels_between(session, first, at.today).items():
        yield {
            "day": campaign.day.isoformat(),
            "step": campaign.step,
            "calls": {
                "planned": funnel["calls"],
                "attempted": attempted.get(campaign, 0),
                "reached": funnel["reached"],
                "promised": funnel["promised"],
                "kept": kept.get(campaign, 0),
            },
            "paid_within_14_days": paid.get(campaign, 0),
            "mail": {name: funnel[stage] for name, stage in MAIL.items()},
        }


def not_contacted(session: Session, day: date) -> list[dict[str, Any]]:
    """Accounts by the rule that kept them from a call, a letter or both."""
    return [
        {"reason": rule, "group": group(rule), "accounts": accounts}
        for rule, accounts in day_work.left_out(session, day).items()
    ]
