"""What a letter states: everything its words may speak of, as frozen values.

Read twice: to write the letter, and again in the transaction that commits it. If the two differ (a payment, a
promise, a dispute came between) the letter is written anew, so that what leaves was true when it left.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import NamedTuple

from outreach.ledger.aging import OpenItem
from outreach.rules import commitments, money
from outreach.rules.aging import BUCKETS, Bucket, bucket
from outreach.rules.cadence import aged_mrr_months

STATEMENT = "statement"

HELD_WORDS = {
    "disputed": "in dispute",
    "planned": "in a payment plan",
    "promised": "promised",
    "issues": "under review",
    "claimed": "reported as paid",
}


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


@dataclass(frozen=True)
class Section:
    """One account of the letter."""

    account_id: int
    number: str
    name: str
    lines: tuple[Line, ...]
    """what the letter lists; on a statement everything open"""
    sums: tuple[Sums, ...]
    """over everything open, listed or not"""


class Said(NamedTuple):
    """What they told us last, in words that may be quoted back to them. Never a rep's own note."""

    on: date
    who: str
    what: str


class Promised(NamedTuple):
    """A payment they announced, standing or broken."""

    amount_minor: int
    currency: str
    due_on: date
    received_minor: int = 0


class Signer(NamedTuple):
    """Who signs: the account's rep where there is one."""

    name: str
    phone: str
    email: str


@dataclass(frozen=True, kw_only=True)
class Facts:
    """A letter's facts. Templates see it as `letter`; only what is named here can be said."""

    step: str
    day: date
    address: str
    contact: str = ""
    sections: tuple[Section, ...]
    said: Said | None = None
    broken: tuple[Promised, ...] = ()
    promised: tuple[Promised, ...] = ()
    voicemail: bool = False
    """we left them a voicemail today"""
    signer: Signer | None = None
    also_dunning: bool = False
    """it carries a dunning step besides its own"""

    @property
    def customer(self) -> str:
        return self.sections[0].name

    @property
    def is_statement(self) -> bool:
        return self.step == STATEMENT

    @property
    def several_accounts(self) -> bool:
        return len(self.sections) > 1

    @property
    def several_currencies(self) -> bool:
        return len(self.asked) > 1

    @cached_property
    def lines(self) -> tuple[Line, ...]:
        return tuple(line for section in self.sections for line in section.lines)

    @cached_property
    def past_due(self) -> tuple[Line, ...]:
        """The oldest first."""
        return tuple(sorted((line for line in self.lines if line.is_past_due), key=lambda line: line.due_on))

    @cached_property
    def sums(self) -> tuple[Sums, ...]:
        """Over all its accounts, one a currency."""
        return total(sums for section in self.sections for sums in section.sums)

    @cached_property
    def asked(self) -> tuple[Sums, ...]:
        return tuple(sums for sums in self.sums if sums.asked_minor)

    @property
    def aging(self) -> tuple[AgeRow, ...]:
        """A row a bucket and one for the total, with an amount a currency."""
        by_name = [("Not yet due" if name == "current" else f"{name} days", name) for name in BUCKETS]
        rows = [
            AgeRow(words, tuple(Amount(dict(s.buckets)[name], s.currency) for s in self.sums), is_total=False)
            for words, name in by_name
        ]
        total = tuple(Amount(s.open_minor, s.currency) for s in self.sums)
        return (*rows, AgeRow("Total", total, is_total=True))

    @property
    def amounts(self) -> str:
        """What is asked, currency by currency."""
        return _joined([money.words(sums.asked_minor, sums.currency) for sums in self.asked])

    @property
    def past_due_count(self) -> int:
        return len(self.past_due)

    @property
    def first(self) -> Line:
        return self.past_due[0]

    @property
    def oldest_days(self) -> int:
        return max((line.days for line in self.past_due), default=0)

    @cached_property
    def finals(self) -> tuple[Line, ...]:
        """The final invoices it is about: those its firings name, and those past due."""
        return tuple(one for one in self.lines if one.about or (one.kind == "final" and one.is_past_due))

    @property
    def final_count(self) -> int:
        return len(self.finals)

    @property
    def final_numbers(self) -> str:
        return _joined([line.number for line in self.finals])

    @property
    def mrr_months(self) -> int:
        """By the rule that fires the step (product.md 2, MRR)."""
        mrr = [line for line in self.past_due if line.kind == "mrr" and line.asked_minor]
        if not mrr:
            return 0
        return aged_mrr_months(len({line.service_month for line in mrr}), mrr[0].due_on, self.day)

    @property
    def month_names(self) -> str:
        months = {line.service_month for line in self.past_due if line.kind == "mrr" and line.service_month}
        return _joined([f"{month:%B %Y}" for month in sorted(months)])


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


def _joined(words: Sequence[str]) -> str:
    """a, b and c"""
    return " and ".join(part for part in (", ".join(words[:-1]), *words[-1:]) if part)
