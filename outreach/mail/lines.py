"""What is open, line by line and summed: the figures of a letter. Currencies are never added."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from outreach.ledger.aging import OpenItem
from outreach.rules import commitments, money
from outreach.rules.aging import BUCKETS, Bucket, bucket

HELD_WORDS = {
    "disputed": "in dispute",
    "planned": "in a payment plan",
    "promised": "promised",
    "issues": "under review",
    "claimed": "reported as paid",
}
"""why something of a line is not asked for, by the field of Held"""


@dataclass(frozen=True, slots=True)
class Line:
    """One open invoice, or a credit (negative), as the letter lists it."""

    number: str
    kind: str
    po_number: str
    invoiced_on: date
    due_on: date
    service_month: date | None
    days: int
    """past due; 0 on the due day"""
    currency: str
    open_minor: int
    held: commitments.Held
    about: bool
    """a step of this letter is about this very invoice"""

    @property
    def is_credit(self) -> bool:
        return self.open_minor < 0

    @property
    def is_past_due(self) -> bool:
        return self.days >= 1 and not self.is_credit

    @property
    def asked_minor(self) -> int:
        """What is asked of it before credits."""
        return commitments.asked_part(self.open_minor, self.held) if self.is_past_due else 0

    @property
    def asked_when_due(self) -> int:
        """What will be asked of it, as far as it is not due yet."""
        return 0 if self.is_past_due else commitments.asked_part(self.open_minor, self.held)

    @property
    def held_minor(self) -> int:
        return self.open_minor - self.asked_minor if self.is_past_due else 0

    @property
    def label(self) -> str:
        return f"Credit {self.number}" if self.is_credit else self.number

    @property
    def details(self) -> str:
        """The small print under it: purchase order, month served, what is not asked of it and why."""
        order = self.po_number if self.po_number[:2].upper() in ("PO", "") else f"PO {self.po_number}"
        month = f"{self.service_month:%B %Y}" if self.service_month else ""
        return ", ".join(part for part in (order, month, *self._notes()) if part)

    def _notes(self) -> Iterator[str]:
        for kind, amount in self.held._asdict().items():
            if amount:
                part = "" if amount >= self.open_minor else f"{money.words(amount, self.currency)} "
                yield f"{part}{HELD_WORDS[kind]}"


@dataclass(frozen=True, slots=True)
class Sums:
    """The figures of one currency; currencies are never added."""

    currency: str
    open_minor: int
    """everything open less credits: the statement's balance"""
    past_due_minor: int
    held_minor: int
    credit_minor: int
    """unapplied credits and receipts, positive"""
    asked_minor: int
    buckets: tuple[tuple[Bucket, int], ...]
    """they sum to `open_minor`"""

    @property
    def rows(self) -> tuple[Row, ...]:
        """How the table's last rows lead from what is past due to what is asked."""
        steps = [("Not asked for here", -self.held_minor), ("Your credits", -self.credit_minor)]
        between = [Row(words, minor) for words, minor in steps if minor and self.past_due_minor]
        first = [Row("Past due", self.past_due_minor)] if between else []
        return (*first, *between, Row("To pay now", self.asked_minor)) if self.past_due_minor else ()


class Row(NamedTuple):
    words: str
    minor: int


class Amount(NamedTuple):
    minor: int
    currency: str


class AgeRow(NamedTuple):
    words: str
    amounts: tuple[Amount, ...]
    is_total: bool


def lines_of(items: Iterable[OpenItem], about: frozenset[int]) -> tuple[Line, ...]:
    """Open items as lines; `about` are the ids of the invoices the letter is about."""
    return tuple(_line(item, item.invoice.id in about) for item in items)


def sums_of(lines: Sequence[Line]) -> tuple[Sums, ...]:
    """One account's figures, a currency each, in the order of the currencies' names."""
    return tuple(
        _sums(currency, [line for line in lines if line.currency == currency])
        for currency in sorted({line.currency for line in lines})
    )


def total(many: Iterable[Sums]) -> tuple[Sums, ...]:
    """The sums of several accounts, currency by currency."""
    by_currency: dict[str, list[Sums]] = {}
    for sums in many:
        by_currency.setdefault(sums.currency, []).append(sums)
    return tuple(_added(currency, by_currency[currency]) for currency in sorted(by_currency))


def _line(item: OpenItem, about: bool) -> Line:
    invoice = item.invoice
    return Line(
        invoice.number,
        invoice.kind,
        invoice.po_number or "",
        invoice.invoiced_on,
        invoice.due_on,
        invoice.service_month,
        item.days,
        invoice.currency,
        invoice.open_minor,
        item.held,
        about,
    )


def _sums(currency: str, lines: Sequence[Line]) -> Sums:
    past_due = [line for line in lines if line.is_past_due]
    credit = -sum(line.open_minor for line in lines if line.is_credit)
    buckets = dict.fromkeys(BUCKETS, 0)
    for line in lines:
        buckets[bucket(line.days)] += line.open_minor
    return Sums(
        currency,
        sum(line.open_minor for line in lines),
        sum(line.open_minor for line in past_due),
        sum(line.held_minor for line in past_due),
        credit,
        commitments.asked(sum(line.asked_minor for line in past_due), credit, minimum=1),
        tuple(buckets.items()),
    )


def _added(currency: str, many: Sequence[Sums]) -> Sums:
    return Sums(
        currency,
        sum(s.open_minor for s in many),
        sum(s.past_due_minor for s in many),
        sum(s.held_minor for s in many),
        sum(s.credit_minor for s in many),
        sum(s.asked_minor for s in many),
        tuple((name, sum(dict(s.buckets)[name] for s in many)) for name in BUCKETS),
    )
