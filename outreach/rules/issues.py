"""An issue on a final invoice: what we owe them before they can pay it (product.md 4)."""

from datetime import date
from enum import StrEnum

from outreach.rules.policy import Policy


class IssueKind(StrEnum):
    TAX_EXEMPT = "tax_exempt"
    SUPPORTING_DOCUMENT = "supporting_document"
    PURCHASE_ORDER = "purchase_order"
    PORTAL_UPLOAD = "portal_upload"
    CANNOT_PAY = "cannot_pay"


def due_on(opened_on: date, policy: Policy) -> date:
    """By when its owner settles it: 3 business days."""
    return policy.business_days.add_business_days(opened_on, policy.issues.due_business_days)


def holds_until(opened_on: date, policy: Policy) -> date:
    """The last day on which it holds the invoice's dunning, unless it is renewed: 10 business days."""
    return policy.business_days.add_business_days(opened_on, policy.issues.hold_business_days)


def is_overdue(due: date, on: date) -> bool:
    """Past its due date it goes to the supervisor."""
    return on > due
