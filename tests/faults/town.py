"""Several hundred customers with one invoice each, all due for a call and a letter on the same afternoon."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from outreach.ledger import policies
from outreach.ledger.base import Ledger
from outreach.ledger.destinations import Contact, Destination
from outreach.ledger.imports import Import
from outreach.ledger.passwords import hashed
from outreach.ledger.people import User
from outreach.ledger.plans import Plan
from outreach.ledger.receivables import Account, Invoice
from outreach.ledger.touches import Touch
from outreach.rules.policy import Policy
from outreach.sandbox.contacts import AREAS, LINES

DAY = date(2026, 12, 8)
"""a Tuesday with business days on both sides, and no statement due"""
PASSWORD = "as long as it is long enough"
ZONE = "America/New_York"
POLICY = f"""
[organization]
name = "Meridian Supply Company"
zone = "{ZONE}"
go_live_on = 2026-01-02
[mail]
first_week_per_day = 100000
[doubt]
click_taken = 5
call_reported = 2
call_given_up = 8
rep_over = 1
letter_posted = 15
"""
"""The shortest doubts that a busy machine does not outlast between a commit and its request."""


@dataclass(frozen=True)
class Town:
    """How many live and work there."""

    customers: int
    reps: int
    ages: Sequence[int] = (6,)
    """days past due, dealt out in turn"""

    @property
    def logins(self) -> list[str]:
        return [f"rep{n}" for n in range(self.reps)]

    def easy_going(self) -> Mapping[str, Mapping[str, str]]:
        """A script for the sandbox: everybody is there, and every letter arrives."""
        return {
            "numbers": {_number(n): "human" for n in range(self.customers)},
            "addresses": {_address(n): "delivered" for n in range(self.customers)},
        }

    def settle(self, ledger: Ledger, now: datetime) -> None:
        """Policy, people, customers and invoices; the plan for the day is another step."""
        with ledger.writing() as session:
            policy = policies.load(session, POLICY, actor="faults", why="a fault run", now=now)
            reps = self._hire(session, now)
            session.add_all([_import(now), _earlier_plan(policy.id, now)])
            for n in range(self.customers):
                _customer(session, n, reps[n % len(reps)], self.ages[n % len(self.ages)], now)

    def _hire(self, session: Session, now: datetime) -> Sequence[int]:
        secret = hashed(PASSWORD)
        reps = [
            User(
                login=login,
                role="rep",
                name=f"Rep {n}",
                phone=f"+12125550{191 + n}",
                password_hash=secret,
                created_at=now,
            )
            for n, login in enumerate(self.logins)
        ]
        session.add_all(reps)
        session.flush()
        return [rep.id for rep in reps]


def spread_letters(ledger: Ledger, start: datetime, over: timedelta) -> None:
    """Let the letters come due one after the other, so that some are on their way at any moment."""
    with ledger.writing() as session:
        letters = session.scalars(select(Touch.id).where(Touch.channel == "email").order_by(Touch.id)).all()
        for n, touch_id in enumerate(letters):
            at = start + over * n / len(letters)
            session.execute(update(Touch).where(Touch.id == touch_id).values(not_before=at))


def opening(ledger: Ledger) -> datetime:
    """The moment at which everything is due."""
    with ledger.reading() as session:
        policy: Policy = policies.in_force(session).policy
    return policy.moment(DAY, policy.mail.leave_at)


def _earlier_plan(policy_id: int, now: datetime) -> Plan:
    """The house is no beginner: its first letters have been released."""
    week_ago = DAY - timedelta(days=7)
    made = {"started_at": now, "finished_at": now, "released_at": now}
    return Plan(day=week_ago, touch_day=week_ago, policy_id=policy_id, **made)


def _import(now: datetime) -> Import:
    return Import(
        source="ledger",
        file_name="open.csv",
        sha256="0" * 64,
        form="snapshot",
        as_of=DAY,
        state="applied",
        actor="faults",
        started_at=now,
        applied_at=now,
    )


def _number(n: int) -> str:
    """Of the area codes of the first place, which is New York: reserved for fiction."""
    return f"+1{AREAS[n // LINES][1]}55501{n % LINES:02}"


def _address(n: int) -> str:
    return f"ap{n}@example.com"


def _customer(session: Session, n: int, rep_id: int, age: int, now: datetime) -> None:
    phone = Destination(kind="phone", address=_number(n), zones=ZONE, created_at=now)
    email = Destination(kind="email", address=_address(n), created_at=now)
    account = Account(number=f"C{n:04}", name=f"Customer {n}", rep_id=rep_id, created_at=now)
    session.add_all([phone, email, account])
    session.flush()
    person = Contact(
        account_id=account.id,
        name=f"Payables {n}",
        phone_id=phone.id,
        email_id=email.id,
        country="US",
        state="NY",
        timezone=ZONE,
    )
    owed = Invoice(
        account_id=account.id,
        source="ledger",
        number=f"INV-{n:04}",
        invoiced_on=DAY - timedelta(days=30 + age),
        due_on=DAY - timedelta(days=age),
        currency="USD",
        gross_minor=10_000 + n,
        open_minor=10_000 + n,
        first_seen_on=DAY,
    )
    session.add_all([person, owed])
