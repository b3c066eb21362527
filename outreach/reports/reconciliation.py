"""A customer's own list beside our books: told, kept, and nothing changed (product.md 6)."""

from __future__ import annotations

import mimetypes
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from outreach.intake.customer_lists import CustomerList, read_customer_list
from outreach.ledger import log, naming, papers, policies
from outreach.ledger.base import Ledger
from outreach.ledger.clock import Clock
from outreach.ledger.locks import lock_accounts
from outreach.ledger.log import Entry
from outreach.ledger.papers import Paper
from outreach.ledger.receivables import Account, Invoice
from outreach.reports import reconciliation_workbook
from outreach.rules import money
from outreach.rules.reconciliation import Alone, Both, Comparison, Item, compare, likeness

RETENTION = "reconciliation"


@dataclass(frozen=True)
class Reconciliation:
    """What came of it. `settled`: theirs that we know as paid -> the day."""

    account: str
    name: str
    file: str
    as_of: date
    ours: Sequence[Item]
    found: Comparison
    theirs: CustomerList
    settled: Mapping[str, date]

    def document(self) -> dict[str, Any]:
        """As programs read it; amounts are decimals in their currency."""
        both, found = [_both(pair) for pair in self.found.both], self.found
        return {
            "account": self.account,
            "name": self.name,
            "file": self.file,
            "as_of": self.as_of.isoformat(),
            "columns": self.theirs.columns,
            "totals": {"ours": _totals(self.ours), "theirs": _totals(self.theirs.items)},
            "both": both,
            "ours_only": [_alone(one, "their") for one in found.ours_only],
            "theirs_only": [
                _alone(one, "our", self.settled.get(one.item.number)) for one in found.theirs_only
            ],
            "counts": {
                "equal": sum(one["equal"] for one in both),
                "different": sum(not one["equal"] for one in both),
                "ours_only": len(found.ours_only),
                "theirs_only": len(found.theirs_only),
            },
            "problems": [
                {"line": p.line, "column": p.column, "value": p.value, "why": p.why}
                for p in self.theirs.problems
            ],
        }


def reconcile(
    ledger: Ledger,
    files: Path,
    account_number: str,
    path: Path,
    *,
    clock: Clock,
    by: str,
    mapping: Path | None = None,
) -> tuple[Reconciliation, bytes]:
    """Compare a customer's list with what is open of the account and its children; keep list and result.

    Returns the result and its workbook. Raises FileRefused for what is no list, Unclear for no account.
    """
    now = clock.now()
    with ledger.reading() as session:
        account, in_force = naming.account(session, account_number), policies.in_force(session)
        ours = _open(session, account.id)
        currency = _currency(ours) or in_force.policy.organization.currency
    theirs = read_customer_list(path, currency, mapping=mapping)
    found = compare(ours, theirs.items)
    with ledger.reading() as session:
        settled = _settled(session, account.id, [one.item.number for one in found.theirs_only])
    today = in_force.policy.today(now)
    result = Reconciliation(account.number, account.name, path.name, today, ours, found, theirs, settled)
    workbook = reconciliation_workbook.workbook(result.document(), now)
    _keep(ledger, files, account.id, result, path, workbook, clock=clock, by=by)
    return result, workbook


def _keep(
    ledger: Ledger,
    files: Path,
    account_id: int,
    result: Reconciliation,
    path: Path,
    workbook: bytes,
    *,
    clock: Clock,
    by: str,
) -> None:
    content, now, counts = path.read_bytes(), clock.now(), result.document()["counts"]
    list_type = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    kept = [(papers.write(files, content), content, list_type)]
    kept.append((papers.write(files, workbook), workbook, reconciliation_workbook.MEDIA_TYPE))
    with ledger.writing() as session:
        lock_accounts(session, [account_id])
        rows = [
            papers.record(session, digest, size=len(b), media_type=media, retention=RETENTION, now=now)
            for digest, b, media in kept
        ]
        log.append(session, _entry(account_id, result, counts, rows, by, now))


def _entry(
    account_id: int,
    result: Reconciliation,
    counts: Mapping[str, int],
    rows: Sequence[Paper],
    by: str,
    now: Any,
) -> Entry:
    told = ", ".join(f"{count} {name.replace('_', ' ')}" for name, count in counts.items())
    return Entry(
        at=now,
        actor=by,
        what="list reconciled",
        account_id=account_id,
        invoices=[pair.ours.number for pair in result.found.both if not pair.equal],
        text=f"{result.file}: {told}",
        links={"list": rows[0].sha256, "reconciliation": rows[1].sha256},
    )


def _open(session: Session, account_id: int) -> list[Item]:
    query = select(Invoice.number, Invoice.currency, Invoice.open_minor).join(Account)
    query = query.where(_family(account_id), Invoice.open_minor != 0).order_by(Invoice.id)
    return [Item(*row) for row in session.execute(query)]


def _settled(session: Session, account_id: int, numbers: Sequence[str]) -> dict[str, date]:
    """Their numbers -> when we had the invoice settled, which may be spelled another way; what could be two
    is none."""
    query = select(Invoice.number, Invoice.closed_on).join(Account)
    query = query.where(_family(account_id), Invoice.open_minor == 0, Invoice.closed_on.is_not(None))
    exact: dict[str, date] = dict(session.execute(query).all())  # type: ignore[arg-type]
    alike: dict[str, list[date]] = defaultdict(list)
    for number, closed_on in exact.items():
        alike[likeness(number)].append(closed_on)
    likely = {number: alike[likeness(number)] for number in numbers if likeness(number) in alike}
    found = {number: days[0] for number, days in likely.items() if len(days) == 1}
    return found | {number: exact[number] for number in numbers if number in exact}


def _family(account_id: int) -> Any:
    return or_(Account.id == account_id, Account.parent_id == account_id)


def _currency(items: Sequence[Item]) -> str | None:
    found = {item.currency for item in items}
    return found.pop() if len(found) == 1 else None


def _both(pair: Both) -> dict[str, Any]:
    ours, theirs = pair
    return {
        "ours": ours.number,
        "theirs": theirs.number,
        "equal": pair.equal,
        "currency": ours.currency,
        "our_amount": money.decimal(ours.amount, ours.currency),
        "their_currency": theirs.currency,
        "their_amount": money.decimal(theirs.amount, theirs.currency),
    }


def _alone(one: Alone, whose: str, settled_on: date | None = None) -> dict[str, Any]:
    remark = f"could be {whose} {', '.join(one.could_be)}" if one.could_be else ""
    return {
        "invoice": one.item.number,
        "currency": one.item.currency,
        "amount": money.decimal(one.item.amount, one.item.currency),
        "remark": f"settled here on {settled_on}" if settled_on else remark,
    }


def _totals(items: Sequence[Item]) -> dict[str, str]:
    sums: dict[str, int] = {}
    for item in items:
        sums[item.currency] = sums.get(item.currency, 0) + item.amount
    return {currency: money.decimal(amount, currency) for currency, amount in sorted(sums.items())}
