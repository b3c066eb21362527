"""What a letter states: everything its words may speak of, as frozen values.

Read twice: to write the letter, and again in the transaction that commits it. If the two differ (a payment, a
promise, a dispute came between) the letter is written anew, so that what leaves was true when it left.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import NamedTuple

from outreach.mail.bills import Bill
from outreach.mail.letter_templates import day as day_words
from outreach.mail.lines import AgeRow, Amount, Line, Sums, total
from outreach.rules import money
from outreach.rules.aging import BUCKETS
from outreach.rules.cadence import aged_mrr_months
from outreach.rules.steps import ANSWER, INSTALMENT_CHECK, INTRODUCTION, PRE_DUE_3, PRE_DUE_7, PROMISE_CHECK
from outreach.rules.steps import STATEMENT as STATEMENT_STEP

STATEMENT = STATEMENT_STEP.name


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


class Instalment(NamedTuple):
    """The next one of a payment plan."""

    amount_minor: int
    currency: str
    due_on: date
    number: int
    of: int


class Case(NamedTuple):
    """An approved suspension case, whose invoices are those the letter is about (product.md 5).

    A day is None as long as it is not known: both count from the delivery of the first notice.
    """

    noticed_on: date | None = None
    deadline_on: date | None = None


class Answered(NamedTuple):
    """What a person writes back to a mail of theirs."""

    subject: str
    words: str
    thread: tuple[str, ...] = ()
    """the Message-IDs it stands below, without brackets, theirs last"""


class Box(NamedTuple):
    """A figure that stands out from the words."""

    words: str
    minor: int
    currency: str


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
    instalment: Instalment | None = None
    case: Case | None = None
    bills: tuple[Bill, ...] = ()
    """of a final check: its invoices with their payments, for the PDF"""
    voicemail: bool = False
    """we left them a voicemail today"""
    signer: Signer | None = None
    answer: Answered | None = None
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

    @cached_property
    def coming(self) -> tuple[Line, ...]:
        """What it is about and is not past due yet, the first due first."""
        ahead = (one for one in self.lines if one.about and one.asked_when_due > 0)
        return tuple(sorted(ahead, key=lambda line: line.due_on))

    @property
    def coming_count(self) -> int:
        return len(self.coming)

    @property
    def coming_amounts(self) -> str:
        return _joined([money.words(box.minor, box.currency) for box in self._coming_boxes])

    @property
    def boxes(self) -> tuple[Box, ...]:
        """The figures that stand out, a currency each: by default what is to be paid now."""
        if self.step in (PRE_DUE_7.name, PRE_DUE_3.name):
            return self._coming_boxes
        if self.step == PROMISE_CHECK.name:
            return tuple(Box(f"Expected on {day_words(p.due_on)}", *p[:2]) for p in self.promised)
        if self.step == INSTALMENT_CHECK.name and self.instalment:
            return (Box(f"Due on {day_words(self.instalment.due_on)}", *self.instalment[:2]),)
        if self.step in (INTRODUCTION.name, ANSWER.name):
            return ()
        return tuple(Box("To pay now", sums.asked_minor, sums.currency) for sums in self.asked)

    @property
    def _coming_boxes(self) -> tuple[Box, ...]:
        totals: dict[str, int] = {}
        for line in self.coming:
            totals[line.currency] = totals.get(line.currency, 0) + line.asked_when_due
        days = {line.due_on for line in self.coming}
        when = f"Due on {day_words(min(days))}" if len(days) == 1 else "Due soon"
        return tuple(Box(when, totals[currency], currency) for currency in sorted(totals))

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


def _joined(words: Sequence[str]) -> str:
    """a, b and c"""
    return " and ".join(part for part in (", ".join(words[:-1]), *words[-1:]) if part)
