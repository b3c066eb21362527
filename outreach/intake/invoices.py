"""One row of an open-invoices file becomes one invoice, or the list of what is wrong with it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property, partial

from outreach.intake.amounts import Amount, parse_amount
from outreach.intake.cells import Cells, first_of_month, net_days, yes_or_no
from outreach.intake.columns import Header
from outreach.intake.contacts import ContactRow, read_contact
from outreach.intake.dates import DateOrder, parse_date
from outreach.intake.problems import BadCell, Problem
from outreach.intake.reading import Row
from outreach.intake.statuses import is_paid
from outreach.intake.vocabulary import letters
from outreach.rules.currencies import CURRENCIES
from outreach.rules.kinds import Document, KindRule, first_match

REQUIRED = (
    ("account",),
    ("invoice",),
    ("invoiced_on",),
    ("due_on", "terms"),
    ("amount", "open_amount"),
)
AMOUNT_COLUMNS = ("amount", "open_amount")
DATE_COLUMNS = ("invoiced_on", "due_on", "settled_on", "received_on")
KINDS = ("standard", "mrr", "final")

_CREDITS = frozenset({"creditmemo", "creditnote", "credit", "salescreditnote", "accreccredit"})
_RECEIPTS = frozenset({"payment", "receipt", "unappliedpayment", "prepayment", "overpayment", "deposit"})
_NOT_OURS = frozenset({"bill", "accpay", "estimate", "quote", "salesorder", "purchaseorder", "draft"})


@dataclass(frozen=True, slots=True)
class InvoiceRow:
    """One document as the file states it. Amounts are minor units; a credit or receipt is negative."""

    line: int
    account: str
    name: str
    number: str
    kind: str | None
    """None: neither the file nor a rule says"""
    kind_by: str | None
    """column or rule"""
    kind_rule: int | None
    """the place of the rule in `[[kinds]]`, from 1"""
    invoiced_on: date
    due_on: date
    service_month: date | None
    settled_on: date | None
    received_on: date | None
    """the day their payment came in; None: the file does not say"""
    currency: str
    gross: int | None
    """None: a snapshot with one amount only states what is open"""
    open: int | None
    """None: a history with one amount only states the gross"""
    disputed: bool | None
    parent: str
    rep: str
    po_number: str
    contact: ContactRow | None
    remarks: tuple[Problem, ...]
    """contact cells that could not be read; the invoice is taken without them"""
    rounded: bool


@dataclass(frozen=True, slots=True)
class BadRow:
    """A row that is left out. What it names must not be taken for missing."""

    line: int
    account: str
    number: str
    problems: list[Problem]


@dataclass(frozen=True)
class InvoiceReader:
    """How the rows of one file are to be read. `currency` and `country` hold where it says nothing."""

    header: Header
    order: DateOrder
    point: str
    currency: str
    country: str
    kinds: Sequence[KindRule] = ()

    def read(self, row: Row) -> InvoiceRow | BadRow:
        """The invoice of a row, or everything that is wrong with it. Nothing is guessed."""
        cells = Cells(row, self.header)
        account = cells.needed("account", cells.id("account")) or ""
        number = cells.id("invoice")
        found = self._invoice(cells, row, account, number)
        if found is None or cells.problems:
            return BadRow(row.line, account, number, cells.problems)
        return found

    def _invoice(self, cells: Cells, row: Row, account: str, number: str) -> InvoiceRow | None:
        type_ = cells.text("type")
        invoiced_on = cells.needed("invoiced_on", cells.read("invoiced_on", self._date))
        currency = cells.read("currency", _currency) or self.currency
        amounts = self._amounts(cells, currency, paid=is_paid(cells.text("status")))
        if not number and letters(type_) in _CREDITS | _RECEIPTS and invoiced_on:
            number = f"{type_} {invoiced_on}"  # unapplied receipts have no number of their own
        cells.needed("invoice", number)
        if invoiced_on is None or amounts is None:
            return None
        gross, open_ = amounts
        kind, kind_by, kind_rule = self._kind(cells, type_, amounts, number)
        due_on = self._due_on(cells, invoiced_on, kind)
        if due_on is None:
            return None
        contact, remarks = self._contact(row, account)
        return InvoiceRow(
            line=row.line,
            account=account,
            name=cells.text("name"),
            number=number,
            kind=kind,
            kind_by=kind_by,
            kind_rule=kind_rule,
            invoiced_on=invoiced_on,
            due_on=due_on,
            service_month=self._service_month(cells, kind, invoiced_on),
            settled_on=cells.read("settled_on", self._date),
            received_on=cells.read("received_on", self._date),
            currency=currency,
            gross=gross.minor if gross else None,
            open=open_.minor if open_ else None,
            disputed=cells.read("disputed", yes_or_no),
            parent=cells.id("parent"),
            rep=cells.id("rep"),
            po_number=cells.id("po_number"),
            contact=contact,
            remarks=remarks,
            rounded=any(amount.rounded for amount in amounts if amount),
        )

    def _date(self, text: str) -> date:
        return parse_date(text, self.order)

    def _amounts(
        self, cells: Cells, currency: str, *, paid: bool
    ) -> tuple[Amount | None, Amount | None] | None:
        """Gross and open. One amount column alone is the open one in a snapshot, the gross in a history and
        beside what was paid."""
        parse = partial(parse_amount, currency=currency, point=self.point)
        stated = {column: cells.read(column, parse) for column in AMOUNT_COLUMNS if self._has(column)}
        wanted = "open_amount" if self._has("open_amount") and not self.is_history else next(iter(stated))
        if cells.needed(wanted, stated[wanted]) is None:
            return None
        if self.is_history:
            return (stated[wanted], stated["open_amount"]) if len(stated) == 2 else (stated[wanted], None)
        gross = stated["amount"] if len(stated) == 2 else None
        if paid:
            return stated.get("amount"), Amount(0)
        if wanted == "amount" and self._has("paid_amount"):
            return stated[wanted], _unpaid(stated[wanted], cells.read("paid_amount", parse))
        home = cells.read("home_amount", parse)
        if gross and home and gross.minor != home.minor and self._states_open_in_home_currency:
            return self._abroad(cells, gross, home, stated[wanted])
        return gross, _less_paid(gross, stated[wanted], cells.read("paid_amount", parse))

    def _abroad(
        self, cells: Cells, gross: Amount, home: Amount, open_: Amount | None
    ) -> tuple[Amount | None, Amount | None]:
        """What is wholly open is so in any currency; of a part the row's own currency cannot be told."""
        if open_ and open_.minor not in (0, home.minor):
            why = "in the home currency, and the row in another; export the open amount in the row's own too"
            cells.note("open_amount", cells.text("open_amount"), why)
        return gross, gross if open_ and open_.minor else Amount(0)

    def _kind(
        self, cells: Cells, type_: str, amounts: Iterable[Amount | None], number: str
    ) -> tuple[str | None, str | None, int | None]:
        """Credit and receipt by sign and type, the rest by the column `kind`, else by the first rule that
        names the document (product.md 2, MRR). Returns what said so and the rule's place besides."""
        folded = letters(type_)
        amount = next(amount.minor for amount in amounts if amount)
        if folded in _NOT_OURS:
            cells.note("type", type_, "not a receivable")
        if folded in _CREDITS | _RECEIPTS and amount > 0:
            cells.note("type", type_, "a credit or receipt must have a negative amount")
        if amount < 0:
            return ("receipt" if folded in _RECEIPTS else "credit"), None, None
        if kind := cells.read("kind", _kind):
            return kind, "column", None
        if self.kinds and (place := first_match(self.kinds, _document(cells, type_, number))) is not None:
            return self.kinds[place].kind, "rule", place + 1
        return None, None, None

    def _due_on(self, cells: Cells, invoiced_on: date, kind: str | None) -> date | None:
        """A credit ages by its own date; an invoice without a due date is due by its terms (product.md 1)."""
        if kind in ("credit", "receipt"):
            return invoiced_on
        due_on = cells.read("due_on", self._date)
        if due_on is None and not cells.text("due_on"):
            days = cells.read("terms", net_days)
            due_on = None if days is None else invoiced_on + timedelta(days)
        column = "due_on" if self._has("due_on") and not cells.text("terms") else "terms"
        return cells.needed(column, due_on, "neither a due date nor terms")

    def _service_month(self, cells: Cells, kind: str | None, invoiced_on: date) -> date | None:
        stated = cells.read("service_month", partial(first_of_month, order=self.order))
        return (stated or invoiced_on.replace(day=1)) if kind == "mrr" else None

    def _contact(self, row: Row, account: str) -> tuple[ContactRow | None, tuple[Problem, ...]]:
        if not self._has_contacts:
            return None, ()
        cells = Cells(row, self.header)
        return read_contact(cells, account, self.country), tuple(cells.problems)

    @cached_property
    def _has_contacts(self) -> bool:
        return any(self._has(column) for column in ("contact", "phone", "email"))

    @property
    def is_history(self) -> bool:
        """A file with settled dates (interface.md, import)."""
        return self._has("settled_on")

    @cached_property
    def _states_open_in_home_currency(self) -> bool:
        """Sage Intacct's TOTALDUE is in the home currency, beside TRX_TOTALENTERED in the row's own."""
        return letters(self.header.named("open_amount")) == "totaldue"

    def _has(self, column: str) -> bool:
        return column in self.header.columns


def _unpaid(gross: Amount | None, paid: Amount | None) -> Amount | None:
    """What is left; a payment that was taken back leaves more than was invoiced."""
    if gross is None or paid is None:
        return gross
    return Amount(gross.minor - paid.minor, rounded=gross.rounded or paid.rounded)


def _less_paid(gross: Amount | None, open_: Amount | None, paid: Amount | None) -> Amount | None:
    """Stripe's "Amount Due" stays what it was when parts of it are paid."""
    if gross and open_ and paid and gross.minor == open_.minor and 0 < paid.minor <= gross.minor:
        return Amount(gross.minor - paid.minor, rounded=open_.rounded)
    return open_


def _currency(text: str) -> str:
    if (code := text.upper()) not in CURRENCIES:
        raise BadCell("not a currency; write its three letters, such as USD")
    return code


def _document(cells: Cells, type_: str, number: str) -> Document:
    return Document(cells.words("item"), cells.words("memo"), cells.words("document_type") or type_, number)


def _kind(text: str) -> str:
    folded = text.lower()
    if folded not in KINDS:
        raise BadCell("not one of standard, mrr, final")
    return folded
