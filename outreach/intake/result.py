"""What became of a file: the answer a person reads, and the document of interface.md that programs read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, NamedTuple

from sqlalchemy import Select, and_, case, distinct, func, select
from sqlalchemy.orm import Session

from outreach.intake.accounts import AccountTally
from outreach.intake.changes import Form
from outreach.intake.movement import Movement
from outreach.intake.problems import Problem
from outreach.intake.run import Amounts, Run
from outreach.intake.vanishing import Missing
from outreach.ledger import policies
from outreach.ledger.imports import StagedInvoice
from outreach.ledger.receivables import Invoice
from outreach.rules import money
from outreach.rules.kinds import KindRule


class KindsBy(NamedTuple):
    """How many open documents are of a kind by the word of a column or a rule; `by` None: nobody says."""

    kind: str
    by: str | None
    invoices: int


@dataclass(frozen=True)
class Figures:
    """What a file says is open on its date: to be compared with the ledger it came from."""

    invoices: int = 0
    credits: int = 0
    accounts: int = 0
    total: Amounts = field(default_factory=dict)
    overdue: int = 0
    overdue_disputed: int = 0
    overdue_total: Amounts = field(default_factory=dict)
    kinds: Mapping[str, int] = field(default_factory=dict)
    kinds_by: Sequence[KindsBy] = ()


@dataclass(frozen=True)
class Applied:
    """What the file changed in the ledger."""

    accounts: AccountTally = field(default_factory=AccountTally)
    invoices: Counter[str] = field(default_factory=Counter)
    vanished: int = 0
    contacts: Counter[str] = field(default_factory=Counter)
    movement: Movement = field(default_factory=Movement)

    def document(self, before: Amounts) -> dict[str, Any]:
        """What of interface.md, import, is about the ledger; `before` is what was open in it."""
        accounts, invoices = self.accounts, self.invoices
        return {
            "accounts": {name: getattr(accounts, name) for name in ("created", "updated", "unchanged")},
            "invoices": {
                "created": invoices["created"],
                "updated": invoices["updated"],
                "closed": invoices["closed"] + self.vanished,
                "unchanged": invoices["unchanged"],
                "reopened": invoices["reopened"],
                "vanished": self.vanished,
            },
            "contacts": {name: self.contacts[name] for name in ("created", "updated", "unchanged")},
            "open_before": decimals(before),
            "open_after": decimals(sums(before, self.movement.by_currency)),
            "largest_moves": [
                {
                    "account": move.account,
                    "invoice": move.invoice,
                    "currency": currency,
                    "before": money.decimal(move.before, currency),
                    "after": money.decimal(move.after, currency),
                }
                for currency, moves in self.movement.largest().items()
                for move in moves
            ],
        }

    def __bool__(self) -> bool:
        return any(
            (
                self.accounts.created,
                self.accounts.updated,
                self.vanished,
                *(self.invoices[outcome] for outcome in ("created", "updated", "closed")),
                *(self.contacts[outcome] for outcome in ("created", "updated")),
            )
        )


@dataclass(frozen=True)
class ImportResult:
    """The whole answer of one import. Amounts are minor units by currency."""

    import_id: int
    file: str
    source: str
    form: Form
    as_of: date
    dry_run: bool
    rows: int
    date_order: str
    columns: Mapping[str, str]
    headers: list[str]
    figures: Figures
    open_before: Amounts
    """what the ledger held open of this source before the file"""
    applied: Applied
    missing: Missing
    control_totals: Amounts
    differences: Amounts
    """control totals less what the file adds up to, where they differ"""
    problems: list[Problem]
    """the first of them, in the order of the file"""
    problem_count: int
    warnings: list[str]

    def document(self) -> dict[str, Any]:
        """The JSON of interface.md, import; and a little more."""
        return self.applied.document(self.open_before) | {
            "file": self.file,
            "source": self.source,
            "form": self.form,
            "as_of": self.as_of.isoformat(),
            "dry_run": self.dry_run,
            "rows": self.rows,
            "open_total": decimals(self.figures.total),
            "open": {
                "invoices": self.figures.invoices,
                "credits": self.figures.credits,
                "accounts": self.figures.accounts,
            },
            "overdue": {
                "invoices": self.figures.overdue,
                "disputed": self.figures.overdue_disputed,
                "total": decimals(self.figures.overdue_total),
            },
            "kinds": dict(self.figures.kinds),
            "kinds_by": [one._asdict() for one in self.figures.kinds_by],
            "vanished": missing_document(self.missing),
            "control_totals": totals_document(self.control_totals, self.figures.total),
            "date_order": self.date_order,
            "columns": dict(self.columns),
            "headers": self.headers,
            "problems": [
                {"line": p.line, "column": p.column, "value": p.value, "why": p.why} for p in self.problems
            ],
            "problem_count": self.problem_count,
            "warnings": self.warnings,
        }


def figures(session: Session, run: Run) -> Figures:
    """Add up the staged rows of a file. Currencies are never added."""
    past_due = and_(StagedInvoice.due_on < run.occasion.as_of, StagedInvoice.open_minor > 0)
    rows = session.execute(
        _of_open(run)
        .add_columns(
            StagedInvoice.currency,
            _count(StagedInvoice.open_minor > 0).label("invoices"),
            _count(StagedInvoice.open_minor < 0).label("credits"),
            func.sum(StagedInvoice.open_minor).label("total"),
            _count(past_due).label("overdue"),
            _count(and_(past_due, StagedInvoice.disputed.is_(True))).label("disputed"),
            func.sum(case((past_due, StagedInvoice.open_minor), else_=0)).label("overdue_total"),
        )
        .group_by(StagedInvoice.currency)
    ).all()
    kinds_by = _kinds(session, run)
    kinds: Counter[str] = Counter()
    for one in kinds_by:
        kinds[one.kind] += one.invoices
    accounts = session.scalar(_of_open(run).add_columns(func.count(distinct(StagedInvoice.account_number))))
    return Figures(
        invoices=sum(row.invoices for row in rows),
        credits=sum(row.credits for row in rows),
        accounts=accounts or 0,
        total={row.currency: int(row.total) for row in rows},
        overdue=sum(row.overdue for row in rows),
        overdue_disputed=sum(row.disputed for row in rows),
        overdue_total={row.currency: int(row.overdue_total) for row in rows if row.overdue},
        kinds=kinds,
        kinds_by=kinds_by,
    )


def _kinds(session: Session, run: Run) -> list[KindsBy]:
    kind = func.coalesce(StagedInvoice.kind, "standard")
    said = (kind, StagedInvoice.kind_by, StagedInvoice.kind_rule)
    rows = session.execute(_of_open(run).add_columns(*said, func.count()).group_by(*said)).all()
    rules = policies.in_force(session).policy.kinds
    found = [KindsBy(name, _said_by(by, place, rules), count) for name, by, place, count in rows]
    return sorted(found, key=lambda one: (one.kind, one.by or ""))


def _said_by(by: str | None, place: int | None, rules: Sequence[KindRule]) -> str | None:
    if place is None:
        return by
    return f"rule {place}: {rules[place - 1].words}" if place <= len(rules) else f"rule {place}"


def missing_document(missing: Missing) -> dict[str, Any]:
    """What would vanish, and whether that is more than half a file may."""
    return {
        "invoices": missing.invoices,
        "total": decimals(missing.amounts),
        "share": f"{float(missing.share):.4f}",
        "half_a_file": missing.half_a_file,
    }


def totals_document(wanted: Amounts, found: Amounts) -> dict[str, dict[str, str]]:
    """Currency -> what a file should add up to, and what it does."""
    return {
        currency: {
            "expected": money.decimal(amount, currency),
            "found": money.decimal(found.get(currency, 0), currency),
        }
        for currency, amount in wanted.items()
    }


def open_of(session: Session, source: str) -> dict[str, int]:
    """Currency -> what the ledger holds open of a source."""
    query = select(Invoice.currency, func.sum(Invoice.open_minor).label("total"))
    query = query.where(Invoice.source == source, Invoice.open_minor != 0).group_by(Invoice.currency)
    return {row.currency: int(row.total) for row in session.execute(query)}


def sums(first: Amounts, second: Amounts) -> Amounts:
    """The sum of both, currency by currency."""
    return {name: first.get(name, 0) + second.get(name, 0) for name in {*first, *second}}


def decimals(amounts: Amounts) -> dict[str, str]:
    """Currency -> the amount as text, as programs read it."""
    return {currency: money.decimal(amount, currency) for currency, amount in sorted(amounts.items())}


def _of_open(run: Run) -> Select[Any]:
    return select().where(StagedInvoice.import_id == run.import_id, StagedInvoice.open_minor != 0)


def _count(condition: Any) -> Any:
    return func.sum(case((condition, 1), else_=0))
