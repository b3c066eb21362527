"""Credit sales by month and currency, from a file: for DSO where the history of invoices is not imported."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import delete, insert, select, tuple_

from outreach.intake.amounts import parse_amount
from outreach.intake.cells import Cells, first_of_month
from outreach.intake.columns import Overrides
from outreach.intake.dates import DateEvidence, DateOrder
from outreach.intake.problems import FileRefused, Problem, ProblemList
from outreach.intake.reading import Row
from outreach.intake.run import CHUNK
from outreach.intake.sheet import Sheet, open_sheet
from outreach.intake.vocabulary import SALES_COLUMNS
from outreach.ledger import log, policies
from outreach.ledger.base import Ledger
from outreach.ledger.clock import Clock
from outreach.ledger.log import Entry
from outreach.ledger.sales import CreditSales, Month
from outreach.rules.currencies import CURRENCIES

REQUIRED = (("month",), ("amount",))
MOST_MONTHS = 10_000
"""of all currencies: eight centuries of one; more is another file"""


@dataclass(frozen=True)
class SalesResult:
    """What became of a file of credit sales."""

    rows: int
    created: int
    updated: int
    unchanged: int
    problems: list[Problem] = field(default_factory=list)


def load_sales(ledger: Ledger, path: Path, *, clock: Clock, actor: str) -> SalesResult:
    """Bring a file of credit sales in: one amount a month and currency. The same again changes nothing.

    Raises FileRefused for a file that is none, NoPolicyError before `outreach init`.
    """
    sheet = open_sheet(path, SALES_COLUMNS, REQUIRED, Overrides())
    with ledger.reading() as session:
        currency = policies.in_force(session).policy.organization.currency
    problems = ProblemList()
    rows, stated = _stated(sheet, currency, problems)
    if problems.count and not stated:
        first = problems.in_order()[0]
        raise FileRefused(
            f"No row of {path.name} can be taken; the first problem is in line {first.line}: {first.why}."
        )
    created = updated = 0
    months = sorted(stated)
    for start in range(0, len(months), CHUNK):
        chunk = {month: stated[month] for month in months[start : start + CHUNK]}
        new, changed = _bring(ledger, chunk, path.name, clock, actor)
        created, updated = created + new, updated + changed
    return SalesResult(rows, created, updated, len(stated) - created - updated, problems.in_order())


def _stated(sheet: Sheet, currency: str, problems: ProblemList) -> tuple[int, dict[Month, int]]:
    """How many rows, and what they state; a month that is stated in two ways is left out."""
    order, rows = _order_of(sheet), 0
    stated: dict[Month, tuple[int, int]] = {}
    contradicted: set[Month] = set()
    for row in sheet.rows():
        rows += 1
        if rows > MOST_MONTHS:
            raise FileRefused(
                f"The file has more than {MOST_MONTHS:,} rows; write one row a month and currency."
            )
        found = _read(sheet, row, order, currency)
        if isinstance(found, list):
            for problem in found:
                problems.add(problem.line, problem.column, problem.value, problem.why)
            continue
        month, amount = found
        if stated.setdefault(month, (row.line, amount))[1] != amount:
            contradicted.add(month)
            problems.add(row.line, "", f"{month[0]:%Y-%m} {month[1]}", "stated before with another amount")
    for month in contradicted:
        line, _ = stated.pop(month)
        problems.add(line, "", f"{month[0]:%Y-%m} {month[1]}", "stated again with another amount")
    return rows, {month: amount for month, (_, amount) in stated.items()}


def _read(sheet: Sheet, row: Row, order: DateOrder, currency: str) -> tuple[Month, int] | list[Problem]:
    if why := sheet.misfit(row):
        return [Problem(row.line, "", "", why)]
    cells = Cells(row, sheet.header)
    month = cells.needed("month", cells.read("month", lambda text: first_of_month(text, order)))
    code = cells.text("currency").upper() or currency
    if code not in CURRENCIES:
        cells.note("currency", code, "not a currency; write its three letters, such as USD")
        return cells.problems
    amount = cells.needed("amount", cells.read("amount", lambda text: parse_amount(text, code).minor))
    if month is None or amount is None:
        return cells.problems
    return cells.problems or ((month, code), amount)


def _order_of(sheet: Sheet) -> DateOrder:
    """What 03/04/2026 means here. Raises FileRefused where two readings give two months."""
    evidence = DateEvidence()
    index = sheet.header.columns["month"]
    for row in sheet.rows():
        if not row.trouble and index < len(row.cells) and row.cells[index].count("/") == 2:
            evidence.note(row.cells[index], row.line)
    return evidence.order()


def _bring(
    ledger: Ledger, chunk: dict[Month, int], file_name: str, clock: Clock, actor: str
) -> tuple[int, int]:
    """Write what differs, in one transaction: (created, updated)."""
    key, now = tuple_(CreditSales.month, CreditSales.currency), clock.now()
    with ledger.writing() as session:
        query = select(CreditSales).where(key.in_(list(chunk)))
        known = {(row.month, row.currency): row.amount_minor for row in session.scalars(query)}
        differing = {month: amount for month, amount in chunk.items() if known.get(month) != amount}
        updated = [month for month in differing if month in known]
        if not differing:
            return 0, 0
        if updated:
            session.execute(delete(CreditSales).where(key.in_(updated)))
        rows = [_row(month, amount, now, actor) for month, amount in differing.items()]
        session.execute(insert(CreditSales), rows)
        text = f"{file_name}: {len(rows) - len(updated)} months created, {len(updated)} updated"
        log.append(session, Entry(at=now, actor=actor, what="credit sales stated", text=text))
    return len(differing) - len(updated), len(updated)


def _row(month: Month, amount: int, now: object, actor: str) -> dict[str, object]:
    first, currency = month
    return {
        "month": first,
        "currency": currency,
        "amount_minor": amount,
        "stated_at": now,
        "stated_by": actor,
    }
