"""The standing cast of design.md 9, as rows: who works here and who owes what on Monday 2026-11-23."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from argon2 import PasswordHasher
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from outreach.ledger import policies
from outreach.ledger.commitments import Dispute, Hold, Promise, PromiseInvoice
from outreach.ledger.destinations import Contact, Destination
from outreach.ledger.firings import Firing
from outreach.ledger.imports import Import
from outreach.ledger.log import Entry, append_many
from outreach.ledger.people import User
from outreach.ledger.receivables import Account, Invoice
from outreach.ledger.tasks import Task
from outreach.ledger.touches import Touch, TouchFiring

NOW = datetime(2026, 11, 23, 18, 0, tzinfo=UTC)
"""10:00 on a Monday in Los Angeles, 11:00 in Denver"""
TODAY = date(2026, 11, 23)
PASSWORD = "a long enough password"
HASH = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)
"""as cheap as can be: hundreds of tests sign in"""
POLICY = """
[organization]
name = "Meridian Field Services"
zone = "America/Los_Angeles"
"""

PEOPLE = (
    ("ana", "rep", "Ana Lopez"),
    ("ben", "rep", "Ben Carter"),
    ("cay", "rep", "Cay Berg"),
    ("sam", "supervisor", "Sam Reed"),
    ("ada", "admin", "Ada Moore"),
)

# id, number, name, rep, step and its tier, contact, zone; invoices as number, days past due, USD, kind
TABLE = """
1 | HARBOR | Harbor Clinic      | ana | followup_5    7 | Maria Ortiz  | America/Los_Angeles | INV-1001 6 1200 standard
2 | STANNE | St. Anne's         | ana | followup_15   6 | Ruth O'Neil  | America/Denver      | INV-1004 17 1200 standard, INV-1019 -9 300 standard
3 | RIDGE  | Ridgeway Logistics | ana | overdue_31    4 | Dev Patel    | America/Chicago     | INV-0900 95 4000 standard, INV-0950 64 2500 standard, INV-0980 45 8750 standard, INV-1003 12 610 standard, CM-77 30 -250 credit
4 | LAKE   | Lakeside Fitness   | ana | aged_mrr      3 | Lena Fischer | America/New_York    | INV-0990 53 450 mrr, INV-1010 22 450 mrr
5 | NORTH  | Northfield Schools | ana | followup_15   6 | Ian Moss     | America/Los_Angeles | INV-1005 16 5400 standard
6 | EAST   | Eastgate Builders  | ana | final_overdue 2 | Jo Kim       | Pacific/Pago_Pago   | INV-0999 9 12400 final
7 | SUMMIT | Summit Dental      | ana | followup_5    7 | Al Reyes     | America/Los_Angeles | INV-1012 5 380 standard
8 | OAK    | Oakmont Hotels     | ben | followup_5    7 | Kay Wolf     | America/Los_Angeles | INV-2001 7 990 standard
9 | NOREP  | Nobody's Account   |     | followup_5    7 | Mo Day       | America/Los_Angeles | INV-3001 8 75 standard
"""  # noqa: E501 - a table


@dataclass(frozen=True)
class Debtor:
    """A row of the table."""

    id: int
    number: str
    name: str
    rep: str
    step: str
    tier: int
    contact: str
    zone: str
    invoices: tuple[tuple[str, int, int, str], ...]

    @classmethod
    def parse(cls, line: str) -> "Debtor":
        id_, number, name, rep, step, contact, zone, invoices = (part.strip() for part in line.split("|"))
        step, tier = step.split()
        rows = [words.split() for words in invoices.split(",")]
        parsed = tuple((number, int(days), int(usd), kind) for number, days, usd, kind in rows)
        return cls(int(id_), number, name, rep, step, int(tier), contact, zone, parsed)

    @property
    def asked(self) -> int:
        return 100 * sum(usd for _, days, usd, _ in self.invoices if days > 0)


CAST = tuple(Debtor.parse(line) for line in TABLE.strip().splitlines())
RANKS = {one.id: n for n, one in enumerate(sorted(CAST, key=lambda one: (one.tier, -one.asked)), 1)}


def seed(session: Session) -> None:
    """Everybody and everything. Accounts keep the ids of the table."""
    policies.load(session, POLICY, actor="test", why="seed", now=NOW)
    reps = _people(session)
    _imported(session)
    for debtor in CAST:
        _account(session, debtor, reps.get(debtor.rep))
    if session.get_bind().dialect.name == "postgresql":  # which numbers rows by itself, from 1
        session.execute(text("SELECT setval(pg_get_serial_sequence('accounts', 'id'), 100)"))
    _promise(session)
    _dispute(session)
    append_many(session, STORY)


def _people(session: Session) -> dict[str, int]:
    users = {
        login: User(
            login=login,
            role=role,
            name=name,
            password_hash=HASH,
            created_at=NOW,
            hours="08:00-17:00",
            timezone="America/Los_Angeles",
            phone=f"+1213555010{n}",
        )
        for n, (login, role, name) in enumerate(PEOPLE)
    }
    session.add_all(users.values())
    session.flush()
    users["ana"].cover_id = users["cay"].id  # cay covers for ana
    return {login: user.id for login, user in users.items()}


def _imported(session: Session) -> None:
    at = NOW - timedelta(hours=4)
    session.add(
        Import(
            source="ledger",
            file_name="open.csv",
            sha256="0" * 64,
            form="snapshot",
            as_of=TODAY,
            state="applied",
            actor="system",
            started_at=at,
            applied_at=at,
        )
    )


def _account(session: Session, debtor: Debtor, rep_id: int | None) -> None:
    session.add(Account(id=debtor.id, number=debtor.number, name=debtor.name, rep_id=rep_id, created_at=NOW))
    phone = Destination(
        kind="phone", address=f"+1303555010{debtor.id}", zones="America/Denver", created_at=NOW
    )
    email = Destination(kind="email", address=f"ap@{debtor.number.lower()}.example", created_at=NOW)
    session.add_all([phone, email])
    session.flush()
    contact = Contact(
        account_id=debtor.id,
        name=debtor.contact,
        role="accounts payable",
        phone_id=phone.id,
        extension="12",
        email_id=email.id,
        timezone=debtor.zone,
    )
    session.add(contact)
    session.add_all(_invoice(debtor.id, *row) for row in debtor.invoices)
    session.flush()
    _planned(session, debtor, rep_id, contact)


def _invoice(account_id: int, number: str, days: int, usd: int, kind: str) -> Invoice:
    due_on = TODAY - timedelta(days=days)
    return Invoice(
        account_id=account_id,
        source="ledger",
        number=number,
        kind=kind,
        currency="USD",
        due_on=due_on,
        invoiced_on=due_on - timedelta(days=30),
        gross_minor=usd * 100,
        open_minor=usd * 100,
        service_month=due_on.replace(day=1) if kind == "mrr" else None,
    )


def _planned(session: Session, debtor: Debtor, rep_id: int | None, contact: Contact) -> None:
    number, days, *_ = debtor.invoices[0]
    firing = Firing(
        account_id=debtor.id,
        step=debtor.step,
        subject=number,
        cycle="2026",
        fired_on=TODAY,
        raw_on=TODAY,
        touch_on=TODAY,
        days_past_due=days,
        call_side="open",
        email_side="open",
        created_at=NOW,
        call_rule=None if rep_id else "no rep",
    )
    touch = Touch(
        account_id=debtor.id,
        channel="call",
        day=TODAY,
        step=debtor.step,
        tier=debtor.tier,
        rank=RANKS[debtor.id],
        value_minor=debtor.asked,
        currency="USD",
        reasons=[f"{number} is {days} days past due, {debtor.asked // 100:,}.00 USD"],
        rep_id=rep_id,
        contact_id=contact.id,
        destination_id=contact.phone_id,
        created_at=NOW,
    )
    session.add_all([firing, touch] if rep_id else [firing])
    session.flush()
    if rep_id:
        session.add(TouchFiring(touch_id=touch.id, firing_id=firing.id))


def _promise(session: Session) -> None:
    promise = Promise(
        account_id=2,
        amount_minor=60_000,
        currency="USD",
        promised_on=date(2026, 11, 18),
        due_on=date(2026, 11, 25),
        grace_on=date(2026, 11, 27),
        source="call",
        taken_by="ana",
        words="half of it on Wednesday",
        created_at=NOW,
    )
    session.add(promise)
    session.flush()
    invoice_id = _id_of(session, "INV-1004")
    session.add(PromiseInvoice(promise_id=promise.id, invoice_id=invoice_id))
    session.add(
        Hold(
            account_id=2,
            invoice_id=invoice_id,
            kind="promise",
            promise_id=promise.id,
            amount_minor=60_000,
            since=promise.promised_on,
            until=promise.grace_on,
        )
    )


def _dispute(session: Session) -> None:
    invoice_id, since = _id_of(session, "INV-1005"), date(2026, 11, 12)
    dispute = Dispute(
        account_id=5,
        invoice_id=invoice_id,
        reason="two of the five visits did not happen",
        source="call",
        opened_on=since,
        created_at=NOW,
    )
    session.add(dispute)
    session.flush()
    session.add_all(
        [
            Hold(account_id=5, invoice_id=invoice_id, kind="dispute", dispute_id=dispute.id, since=since),
            Task(
                key="dispute:5",
                account_id=5,
                kind="dispute",
                title="Send the visit reports for INV-1005",
                due_on=date(2026, 11, 20),
                created_at=NOW,
            ),
        ]
    )


def _id_of(session: Session, number: str) -> int:
    return session.scalars(select(Invoice.id).where(Invoice.number == number)).one()


STORY = (
    Entry(
        at=NOW - timedelta(days=20),
        actor="system",
        what="letter",
        account_id=3,
        channel="email",
        direction="out",
        step="followup_15",
        invoices=("INV-0980",),
        outcome="delivered",
    ),
    Entry(
        at=NOW - timedelta(days=12),
        actor="ana",
        what="call",
        account_id=3,
        channel="call",
        direction="out",
        step="overdue_31",
        invoices=("INV-0900", "INV-0950"),
        outcome="answered_human",
        disposition="callback",
        follow_up_on=date(2026, 11, 20),
        text="Dev says the spring invoices wait for a new PO; he asked purchasing twice. Call Friday.",
    ),
    Entry(
        at=NOW - timedelta(days=5),
        actor="ana",
        what="call",
        account_id=2,
        channel="call",
        direction="out",
        step="followup_5",
        invoices=("INV-1004",),
        outcome="answered_human",
        disposition="promise_to_pay",
        text="Half of it on Wednesday, the rest when the grant arrives.",
    ),
)
