"""How fast payments were applied, where files say when they came in (product.md 6, activity)."""

from datetime import date
from typing import NamedTuple

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from outreach.ledger.receivables import Application
from outreach.rules.calendar import BusinessCalendar

WITHIN = 1
"""business days between the day a payment came in and the day it was applied"""


class Applied(NamedTuple):
    """Payments of which both days are known, and those of them that were applied in time."""

    in_time: int
    payments: int

    @property
    def share(self) -> float | None:
        """None where no file says when a payment came in."""
        return self.in_time / self.payments if self.payments else None


def applied_in_time(session: Session, first: date, last: date, calendar: BusinessCalendar) -> Applied:
    """Of the payments that came in from `first` to `last`, both included."""
    days = (Application.received_on, Application.dated_on)
    query = select(*days, func.count()).where(
        Application.kind == "payment", Application.received_on.between(first, last)
    )
    in_time = payments = 0
    for received_on, dated_on, count in session.execute(query.group_by(*days)):
        payments += count
        if received_on and dated_on <= calendar.add_business_days(received_on, WITHIN):
            in_time += count
    return Applied(in_time, payments)
