"""What is settled before a day is planned: promises, plans, issues and cash, by what the ledger knows."""

from datetime import datetime

from outreach.campaigns.agreements import cash
from outreach.campaigns.agreements.issues import escalate_overdue
from outreach.campaigns.agreements.keeping import judge_promises
from outreach.campaigns.agreements.payment_planning import judge_plans
from outreach.ledger.base import Ledger


def settle(ledger: Ledger, now: datetime) -> int:
    """Judge what can be judged by now: after an import, and before a plan. Returns how many changed; run
    twice, or by two at once, the second finds nothing."""
    judged = judge_promises(ledger, now) + judge_plans(ledger, now) + escalate_overdue(ledger, now)
    return judged + cash.open_tasks(ledger, now)
