"""Who works in the demo, and whose invoices they work."""

from collections.abc import Sequence
from csv import writer
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from sqlalchemy import select

from outreach.campaigns.agreements import promising
from outreach.campaigns.planning.planner import plan
from outreach.campaigns.planning.release import release
from outreach.demo.cast import write_cast, write_sales
from outreach.intake.assigning import Assignment, assign
from outreach.intake.contact_loading import load_contacts
from outreach.intake.importing import import_file
from outreach.intake.sales import load_sales
from outreach.ledger import log
from outreach.ledger.base import Ledger
from outreach.ledger.clock import Clock
from outreach.ledger.commitments import Promise
from outreach.ledger.destinations import without_contact
from outreach.ledger.log import Entry
from outreach.ledger.people import NewUser, add_user
from outreach.ledger.policies import in_force
from outreach.ledger.receivables import Account, Invoice
from outreach.rules.commitments import grace_day
from outreach.rules.policy import Policy
from outreach.sandbox.contacts import contacts_for

PASSWORD = "three calls before lunch"  # noqa: S105 - shown on the terminal, good on loopback only
ACTOR = "demo"


@dataclass(frozen=True, slots=True)
class Person:
    login: str
    role: str
    name: str
    phone: str | None = None


PEOPLE = (
    Person("ana", "rep", "Ana Ortiz", "+12125550191"),
    Person("ben", "rep", "Ben Okafor", "+13125550191"),
    Person("cleo", "rep", "Cleo Marsh", "+13035550191"),
    Person("dan", "rep", "Dan Whitfield", "+14155550191"),
    Person("sam", "supervisor", "Sam Reyes"),
    Person("ada", "admin", "Ada Lind"),
)
REPS = tuple(person.login for person in PEOPLE if person.role == "rep")


def hire(ledger: Ledger, clock: Clock, people: Sequence[Person] = PEOPLE) -> None:
    """Everybody gets an account and the demo's password."""
    with ledger.writing() as session:
        policy = in_force(session).policy
        for person in people:
            new = NewUser(login=person.login, role=person.role, name=person.name, phone=person.phone)
            add_user(session, new, PASSWORD, policy=policy, now=clock.now())


def bring_cast(ledger: Ledger, clock: Clock, folder: Path, *, day: date, accounts: int, seed: int) -> None:
    """The standing cast and so many generated customers, as files that go the way of every file."""
    with ledger.reading() as session:
        as_of = in_force(session).policy.business_days.add_business_days(day, -1)
    invoices, contacts = write_cast(folder, day=day, accounts=accounts, reps=REPS, seed=seed)
    import_file(ledger, invoices, clock=clock, actor=ACTOR, as_of=as_of)
    load_contacts(ledger, contacts, clock=clock, actor=ACTOR)
    load_sales(ledger, write_sales(folder, day=day, accounts=accounts), clock=clock, actor=ACTOR)
    promise_before(ledger, clock, day)


def promise_before(ledger: Ledger, clock: Clock, day: date) -> None:
    """St. Anne's has promised on the business day before to pay what is past due in three."""
    with ledger.writing() as session:
        account_id = session.scalars(select(Account.id).where(Account.number == "STANNE")).one()
        owed = select(Invoice).where(Invoice.account_id == account_id, Invoice.due_on < day)
        invoices = session.scalars(owed.order_by(Invoice.due_on)).all()
        policy = in_force(session).policy
        promise = _promise(account_id, invoices, day, policy, clock.now())
        promising.record(session, promise, invoices, policy)
        log.append(session, _taken(promise, [invoice.number for invoice in invoices]))


def _promise(
    account_id: int, invoices: Sequence[Invoice], day: date, policy: Policy, now: datetime
) -> Promise:
    due_on = policy.business_days.add_business_days(day, 3)
    return Promise(
        account_id=account_id,
        amount_minor=sum(invoice.open_minor for invoice in invoices),
        currency=invoices[0].currency,
        promised_on=policy.business_days.add_business_days(day, -1),
        due_on=due_on,
        grace_on=grace_day(due_on, policy),
        source="email",
        words="All of it goes out with this week's run.",
        taken_by="ben",
        created_at=now,
    )


def _taken(promise: Promise, numbers: list[str]) -> Entry:
    return Entry(
        at=promise.created_at,
        actor=promise.taken_by,
        what="promise taken",
        account_id=promise.account_id,
        invoices=numbers,
        channel=promise.source,
        direction="in",
        disposition="promise_to_pay",
        follow_up_on=promise.due_on,
        text=promise.words,
    )


def bring_file(ledger: Ledger, clock: Clock, file: Path, folder: Path, *, as_of: date, seed: int) -> None:
    """A file of their own, with contacts of the sandbox's, its accounts dealt out to the reps in turn."""
    import_file(ledger, file, clock=clock, actor=ACTOR, as_of=as_of)
    contacts = folder / "contacts.csv"
    with ledger.reading() as session, contacts.open("w", newline="", encoding="utf-8") as out:
        writer(out).writerows(contacts_for(without_contact(session), seed))
    load_contacts(ledger, contacts, clock=clock, actor=ACTOR)
    with ledger.reading() as session:
        numbers = session.scalars(
            select(Account.number).where(Account.rep_id.is_(None)).order_by(Account.id)
        ).all()
    dealt = [Assignment(number, REPS[n % len(REPS)]) for n, number in enumerate(numbers)]
    assign(ledger, dealt, clock=clock, actor=ACTOR)


def plan_and_release(ledger: Ledger, clock: Clock, day: date) -> None:
    """The first day's plan; the demo is its own supervisor and releases the first mail."""
    plan(ledger, day=day, now=clock.now())
    release(ledger, day=day, actor=ACTOR, now=clock.now())
