"""What became of a file: the answer a person reads, and the document of interface.md that programs read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from sqlalchemy import Select, and_, case, distinct, func, select
from sqlalchemy.orm import Session

from outreach.intake.accounts import AccountTally
from outreach.intake.changes import Form
from outreach.intake.problems import Problem
from outreach.intake.run import Run
from outreach.intake.vanishing import Missing
from outreach.ledger.imports import StagedInvoice
from outreach.rules import money

Amounts = Mapping[str, int]
"""currency -> minor units"""


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


@dataclass(frozen=True)
class Applied:
    """What the file changed in the ledger."""

    accounts: AccountTally = field(default_factory=AccountTally)
    invoices: Counter[str] = field(default_factory=Counter)
    vanished: int = 0
    contacts: Counter[str] = field(default_factory=Counter)

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

    file: str
    source: str
    form: Form
    as_of: date
    dry_run: bool
    rows: int
    date_order: str
    columns: Mapping[str, str]
    figures: Figures
    applied: Applied
    missing: Missing
    control_totals: Amounts
    differences: Amounts
    """control totals less what the file adds up to, where they differ"""
    problems: list[Problem]
    warnings: list[str]

    def document(self) -> dict[str, Any]:
        """The JSON of interface.md, import; and a little more."""
        accounts, invoices = self.applied.accounts, self.applied.invoices
        return {
            "file": self.file,
            "source": self.source,
            "form": self.form,
            "as_of": self.as_of.isoformat(),
            "dry_run": self.dry_run,
            "rows": self.rows,
            "accounts": {name: getattr(accounts, name) for name in ("created", "updated", "unchanged")},
            "invoices": {
                "created": invoices["created"],
                "updated": invoices["updated"],
                "closed": invoices["closed"] + self.applied.vanished,
                "unchanged": invoices["unchanged"],
                "reopened": invoices["reopened"],
                "vanished": self.applied.vanished,
            },
            "contacts": {name: self.applied.contacts[name] for name in ("created", "updated", "unchanged")},
            "open_total": _decimals(self.figures.total),
            "open": {
                "invoices": self.figures.invoices,
                "credits": self.figures.credits,
                "accounts": self.figures.accounts,
            },
            "overdue": {
                "invoices": self.figures.overdue,
                "disputed": self.figures.overdue_disputed,
                "total": _decimals(self.figures.overdue_total),
            },
            "kinds": dict(self.figures.kinds),
            "vanished": {
                "invoices": self.missing.invoices,
                "total": _decimals(self.missing.amounts),
                "share": f"{float(self.missing.share):.4f}",
            },
            "control_totals": {
                currency: {
                    "expected": money.decimal(wanted, currency),
                    "found": money.decimal(self.figures.total.get(currency, 0), currency),
                }
                for currency, wanted in self.control_totals.items()
            },
            "date_order": self.date_order,
            "columns": dict(self.columns),
            "problems": [
                {"line": p.line, "column": p.column, "value": p.value, "why": p.why} for p in self.problems
            ],
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
    kind = func.coalesce(StagedInvoice.kind, "standard")
    kinds = _of_open(run).add_columns(kind, func.count()).group_by(kind).order_by(kind)
    accounts = session.scalar(_of_open(run).add_columns(func.count(distinct(StagedInvoice.account_number))))
    return Figures(
        invoices=sum(row.invoices for row in rows),
        credits=sum(row.credits for row in rows),
        accounts=accounts or 0,
        total={row.currency: int(row.total) for row in rows},
        overdue=sum(row.overdue for row in rows),
        overdue_disputed=sum(row.disputed for row in rows),
        overdue_total={row.currency: int(row.overdue_total) for row in rows if row.overdue},
        kinds={name: count for name, count in session.execute(kinds)},  # noqa: C416 - rows, no pairs
    )


def _of_open(run: Run) -> Select[Any]:
    return select().where(StagedInvoice.import_id == run.import_id, StagedInvoice.open_minor != 0)


def _count(condition: Any) -> Any:
    return func.sum(case((condition, 1), else_=0))


def _decimals(amounts: Amounts) -> dict[str, str]:
    return {currency: money.decimal(amount, currency) for currency, amount in sorted(amounts.items())}
