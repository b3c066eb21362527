"""What is settled before a day is planned: promises, payment plans and issues, by what the ledger knows."""

from datetime import datetime

from outreach.campaigns.issues import escalate_overdue
from outreach.campaigns.keeping import judge_promises
from outreach.campaigns.payment_planning import judge_plans
from outreach.ledger.base import Ledger


def settle(ledger: Ledger, now: datetime) -> int:
    """Judge what can be judged by now: after an import, and before a plan. Returns how many changed; run
    twice, or by two at once, the second finds nothing."""
    return judge_promises(ledger, now) + judge_plans(ledger, now) + escalate_overdue(ledger, now)
