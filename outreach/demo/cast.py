"""The standing cast and a generated crowd, as the two files a ledger and a rep would give us."""

import csv
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from outreach.rules.quarters import month_end, months_before
from outreach.sandbox.contacts import contacts_for

COLUMNS = (
    "Customer ID",
    "Customer name",
    "Invoice number",
    "Invoice date",
    "Due date",
    "Amount",
    "Open amount",
    "Currency",
    "Kind",
    "Service month",
    "Disputed",
    "Rep",
)
TERMS = timedelta(days=30)

# fmt: off
FIRST = (
    "Alder", "Birch", "Cedar", "Copper", "Granite", "Harvest", "Juniper", "Keystone", "Larkspur",
    "Linden", "Maple", "Mesa", "Orchard", "Pioneer", "Prairie", "Quarry", "Redwood", "Silver", "Summit",
    "Tamarack", "Timber", "Valley", "Vista", "Willow",
)
SECOND = (
    "Analytics", "Builders", "Clinic", "College", "Components", "Dental", "Distribution", "Energy",
    "Foods", "Freight", "Health", "Hotels", "Labs", "Logistics", "Machining", "Medical", "Optics",
    "Packaging", "Plumbing", "Robotics", "Schools", "Software", "Supply", "Textiles",
)
# fmt: on

NOBODY_KNOWN = 0.03
"""share of generated customers without any contact: left out with a rule, and a task to find one"""


@dataclass(frozen=True, slots=True)
class Owed:
    """One invoice: how many days past due on the day that is played, negative before its due day."""

    late: int
    amount: str
    kind: str = "standard"
    disputed: bool = False


@dataclass(frozen=True, slots=True)
class Customer:
    number: str
    name: str
    owes: tuple[Owed, ...]


CAST = (
    Customer("HARBOR", "Harbor Clinic", (Owed(6, "4820.00"), Owed(-12, "1310.00"))),
    Customer("STANNE", "St. Anne's Hospital", (Owed(17, "12400.00"), Owed(2, "860.50"))),
    Customer(
        "RIDGEWAY", "Ridgeway Fabrication", (Owed(45, "9750.00"), Owed(38, "2210.75"), Owed(8, "640.00"))
    ),
    Customer("LAKESIDE", "Lakeside Schools", (Owed(68, "1200.00", "mrr"), Owed(37, "1200.00", "mrr"))),
    Customer("NORTHFIELD", "Northfield Labs", (Owed(21, "5600.00", disputed=True),)),
    Customer("EASTGATE", "Eastgate Hotels", (Owed(8, "15300.00", "final"),)),
    Customer("SUMMIT", "Summit Optics", (Owed(9, "2975.25"),)),
)

# How late a generated customer's oldest invoice is, in parts; and of what kind its invoices are.
LATENESS = ((44, -26, 0), (8, 1, 4), (20, 5, 14), (14, 15, 31), (8, 32, 60), (6, 61, 150))
KINDS = ((88, "standard"), (9, "mrr"), (3, "final"))
DISPUTED = 0.05
SOLD_IN_A_MONTH = 3_000
"""USD a customer, on credit; most of it was paid before the demo begins"""


def write_cast(
    folder: Path, *, day: date, accounts: int, reps: Sequence[str], seed: int = 1
) -> tuple[Path, Path]:
    """Write `open_invoices.csv` and `contacts.csv` for a plan of `day`; the same for the same arguments."""
    crowd = (*CAST, *_crowd(accounts, seed))
    invoices, contacts = folder / "open_invoices.csv", folder / "contacts.csv"
    _write(invoices, [COLUMNS, *_rows(crowd, day, reps)])
    dice = random.Random(f"{seed}:unknown")  # noqa: S311 - a play, not a secret
    known = [one.number for one in crowd if one in CAST or dice.random() >= NOBODY_KNOWN]
    _write(contacts, contacts_for(known, seed))
    return invoices, contacts


def write_sales(folder: Path, *, day: date, accounts: int) -> Path:
    """Write `credit_sales.csv`: a year of months, of the last its days so far, so that the demo has a DSO."""
    monthly = SOLD_IN_A_MONTH * (len(CAST) + accounts)
    rows = []
    for first in (months_before(day, back) for back in range(12, -1, -1)):
        last = month_end(first)
        amount = monthly * min(day, last).day // last.day
        rows.append((f"{first:%Y-%m}", "USD", f"{amount}.00"))
    path = folder / "credit_sales.csv"
    _write(path, [("Month", "Currency", "Amount"), *rows])
    return path


def _rows(crowd: Sequence[Customer], day: date, reps: Sequence[str]) -> Iterator[Sequence[str]]:
    number = 1000
    for place, customer in enumerate(crowd):
        for owed in customer.owes:
            number += 1
            yield _row(customer, owed, f"INV-{number}", day, reps[place % len(reps)])


def _row(customer: Customer, owed: Owed, number: str, day: date, rep: str) -> Sequence[str]:
    due = day - timedelta(days=owed.late)
    invoiced = due - TERMS
    month = f"{invoiced:%Y-%m}" if owed.kind == "mrr" else ""
    dates = (invoiced.isoformat(), due.isoformat())
    amounts = (owed.amount, owed.amount, "USD")
    disputed = "Yes" if owed.disputed else "No"
    return (customer.number, customer.name, number, *dates, *amounts, owed.kind, month, disputed, rep)


def _crowd(accounts: int, seed: int) -> Iterator[Customer]:
    for n in range(accounts):
        dice = random.Random(f"{seed}:{n}")  # noqa: S311
        name = f"{FIRST[n % len(FIRST)]} {SECOND[(n // len(FIRST) + n) % len(SECOND)]}"
        yield Customer(f"C{n + 1:05}", name, tuple(_owed(dice)))


def _owed(dice: random.Random) -> Iterator[Owed]:
    """One to five invoices, a month apart as they come in; the oldest is as late as the dice say."""
    _, earliest, latest = dice.choices(LATENESS, [parts for parts, *_ in LATENESS])[0]
    oldest = dice.randint(earliest, latest)
    kind = dice.choices([kind for _, kind in KINDS], [parts for parts, _ in KINDS])[0]
    for late in range(oldest, -26, -30)[: dice.randint(1, 5)]:  # none is dated in the future
        amount = f"{dice.lognormvariate(7, 1.1):.2f}"
        first = late == oldest
        yield Owed(
            late=late,
            amount=amount,
            kind=kind if kind == "mrr" or first else "standard",
            disputed=first and dice.random() < DISPUTED,
        )


def _write(path: Path, rows: Iterator[Sequence[str]] | Sequence[Sequence[str]]) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file, lineterminator="\n").writerows(rows)
