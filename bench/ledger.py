"""A large ledger of our own making: punctual payers and late ones, aged as such ledgers are."""

import random
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import islice
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, text

from outreach.ledger import policies, schema
from outreach.ledger.base import Ledger

POLICY = Path(__file__).parents[1] / "config" / "outreach.toml"
FIRST_DAY = date(2027, 1, 19)
ORDINARY_DAY = FIRST_DAY + timedelta(days=9)
"""a Thursday behind the first week, with no statement and no final check since: what is new is newly due"""
NOW = datetime.combine(FIRST_DAY, time(11), UTC)

STATES = ("NY", "IL", "CO", "CA")
AREAS = ("212", "312", "303", "213", "315", "217", "719", "310", "518", "309")
AT_ONCE = 50_000

Row = tuple[Any, ...]
Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Shape:
    """How large the ledger is, and how late its customers pay."""

    invoices: int = 1_000_000
    accounts: int = 100_000
    reps: int = 200
    seed: int = 7
    late_payers: float = 0.17
    """of the accounts"""
    past_due: float = 0.6
    """of a late payer's invoices; nothing of the others'"""
    mean_days: int = 22
    """past due on the first day: exponentially distributed, at most 200"""
    terms: int = 30
    """days: what is not due yet falls due evenly over them, some 3 % of all invoices a day"""
    held: float = 0.04
    """of the invoices that are past due: in dispute"""
    credited: float = 0.03
    """of the accounts: they have an unapplied credit"""
    reachable: float = 0.95
    """of the accounts: they have a contact with number and address"""

    @property
    def words(self) -> str:
        return f"{self.invoices:,} open invoices, {self.accounts:,} accounts, {self.reps} reps"

    @property
    def assumptions(self) -> str:
        share = self.late_payers * self.past_due
        return (
            f"{share:.0%} of the invoices past due, all with {self.late_payers:.0%} of the accounts, "
            f"{self.mean_days} days in the mean, {self.held:.0%} of that disputed; "
            f"{(1 - share) / self.terms:.1%} newly due on the ordinary day; {self.reachable:.0%} reachable"
        )


class NotEmptyError(Exception):
    """The database to be filled holds something already."""


def found(ledger: Ledger) -> None:
    """Schema and policy. Raises NotEmptyError: a bench writes into a database of its own."""
    if ledger.has_table("accounts"):
        raise NotEmptyError("this database is not empty: give the bench one of its own")
    schema.upgrade(ledger)
    with ledger.writing() as session:
        policies.load(session, POLICY.read_text("utf-8"), actor="bench", why="bench", now=NOW)


def build(ledger: Ledger, shape: Shape, say: Say) -> None:
    """Fill an empty database. The same shape gives the same rows on both. Raises NotEmptyError."""
    found(ledger)
    for table, columns, rows in _tables(shape, random.Random(shape.seed)):
        say(f"seeding {table}")
        for some in _chunks(rows):
            with ledger.writing() as session:
                _load(session.connection(), table, columns, some)
    with ledger.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("ANALYZE" if ledger.is_sqlite else "VACUUM ANALYZE"))


def _tables(shape: Shape, rng: random.Random) -> Iterator[tuple[str, str, Iterable[Row]]]:
    stamp = NOW.replace(tzinfo=None).isoformat(" ")
    accounts = range(1, shape.accounts + 1)
    yield (
        "users",
        "id login role name password_hash active created_at",
        ((n, f"rep{n}", "rep", f"Rep {n}", "-", True, stamp) for n in range(1, shape.reps + 1)),
    )
    as_of = ORDINARY_DAY.isoformat()
    yield (
        "imports",
        "id source file_name sha256 form as_of state actor started_at",
        [(1, "ledger", "bench.csv", "-", "snapshot", as_of, "applied", "bench", stamp)],
    )
    yield (
        "accounts",
        "id number name rep_id created_at",
        ((n, f"C{n:06}", f"Customer {n}", 1 + n % shape.reps, stamp) for n in accounts),
    )
    columns = "id account_id source number kind invoiced_on due_on service_month currency"
    yield "invoices", f"{columns} gross_minor open_minor reopened ladder", _invoices(shape, rng)
    yield "destinations", "id kind address zones judged_by created_at", _destinations(shape, stamp)
    columns = "id account_id name rank purposes phone_id email_id country state do_not_call do_not_mail"
    yield (
        "contacts",
        columns,
        (
            (n, n, f"Payables {n}", 1, "", 2 * n - 1, 2 * n, "US", STATES[n % 4], False, False)
            for n in range(1, int(shape.accounts * shape.reachable) + 1)
        ),
    )
    yield "holds", "account_id invoice_id kind since", _holds(shape)


def _invoices(shape: Shape, rng: random.Random) -> Iterator[Row]:
    each = shape.invoices // shape.accounts
    for account_id in range(1, shape.accounts + 1):
        is_late = rng.random() < shape.late_payers
        for nth in range(each):
            id_ = (account_id - 1) * each + nth + 1
            due_on = FIRST_DAY - timedelta(_days_past_due(shape, rng, is_late=is_late))
            kind = rng.choices(("standard", "mrr", "final"), (70, 28, 2))[0]
            amount = int(rng.lognormvariate(11, 1.2))
            yield _invoice(id_, account_id, kind, due_on, amount)
        if rng.random() < shape.credited:
            yield _invoice(shape.invoices + account_id, account_id, "credit", FIRST_DAY, -20_000)


def _days_past_due(shape: Shape, rng: random.Random, *, is_late: bool) -> int:
    if is_late and rng.random() < shape.past_due:
        return min(int(rng.expovariate(1 / shape.mean_days)) + 1, 200)
    return -rng.randint(1, shape.terms)


def _invoice(id_: int, account_id: int, kind: str, due_on: date, amount: int) -> Row:
    month = due_on.replace(day=1).isoformat() if kind == "mrr" else None
    invoiced_on = (due_on - timedelta(30)).isoformat()
    number = f"INV-{id_}"
    dates = (invoiced_on, due_on.isoformat(), month)
    return (id_, account_id, "ledger", number, kind, *dates, "USD", amount, amount, 0, 0)


def _destinations(shape: Shape, stamp: str) -> Iterator[Row]:
    for n in range(1, int(shape.accounts * shape.reachable) + 1):
        number = f"+1{AREAS[n % 10]}555{n // 10 % 10_000:04}"
        yield 2 * n - 1, "phone", number, "America/New_York", 1, stamp
        yield 2 * n, "email", f"payables{n}@example.com", None, 1, stamp


def _holds(shape: Shape) -> Iterator[Row]:
    """The same dice again tell which invoices are past due."""
    rng, doubt = random.Random(shape.seed), random.Random(shape.seed + 1)
    for invoice in _invoices(shape, rng):
        id_, account_id, due_on, open_minor = invoice[0], invoice[1], invoice[6], invoice[9]
        if due_on < FIRST_DAY.isoformat() and open_minor > 0 and doubt.random() < shape.held:
            yield account_id, id_, "dispute", FIRST_DAY.isoformat()


def _chunks(rows: Iterable[Row]) -> Iterator[list[Row]]:
    source = iter(rows)
    while some := list(islice(source, AT_ONCE)):
        yield some


def _load(connection: Connection, table: str, columns: str, rows: list[Row]) -> None:
    """By the database's own fastest way: this is no part of what is measured."""
    names = columns.split()
    if connection.dialect.name == "sqlite":
        marks = ", ".join("?" * len(names))
        statement = f"INSERT INTO {table} ({', '.join(names)}) VALUES ({marks})"  # noqa: S608  # our own names
        connection.exec_driver_sql(statement, rows)
        return
    cursor = connection.connection.cursor()
    with cursor.copy(f"COPY {table} ({', '.join(names)}) FROM STDIN") as copy:
        for row in rows:
            copy.write_row(row)
