"""Reading the facts of letters from the ledger: a handful of queries for a whole batch."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import TypeVar

from sqlalchemy.orm import Session

from outreach.ledger.aging import OpenItem, open_items_of
from outreach.ledger.attempts import CallAttempt
from outreach.ledger.commitments import Promise
from outreach.ledger.destinations import Contact
from outreach.ledger.people import User
from outreach.ledger.receivables import Account, Invoice
from outreach.ledger.suspensions import Standing
from outreach.mail import rows, threads
from outreach.mail.bills import Bill, bills_of
from outreach.mail.facts import (
    STATEMENT,
    Answered,
    Case,
    Facts,
    Instalment,
    Promised,
    Said,
    Section,
    Signer,
)
from outreach.mail.lines import Line, lines_of, sums_of
from outreach.mail.rows import Spoken
from outreach.rules.outcomes import Disposition, Outcome
from outreach.rules.promises import AWAITED, MISSED
from outreach.rules.steps import ANSWER, CONFIRMATION, FINAL_CHECK, STEPS, Purpose

QUOTING = frozenset({"followup_15", "overdue_31", "final_overdue", "aged_mrr", "broken_promise"})
"""Steps whose letters say what was said before (product.md 2)."""

SAID = {
    Disposition.DOCUMENTS_REQUESTED: "asked us for copies of documents.",
    Disposition.PAID_ALREADY: "told us that payment had been made.",
    Disposition.DISPUTE: "told us that something on the account was not right.",
    Disposition.CALLBACK: "asked us to call back.",
    Disposition.PAYMENT_PLAN_REQUEST: "asked us about paying in instalments.",
    Disposition.RECEIPT_CONFIRMED: "confirmed that the invoice had arrived.",
}
"""What a disposition may be told back as; a rep's own note never is."""

PROMISING = frozenset({Disposition.PROMISE_TO_PAY, Disposition.WILL_PAY_IN_RUN})


@dataclass(frozen=True, slots=True)
class Occasion:
    """Why a letter is written: which step decides it, whose accounts it covers, to whom it goes."""

    step: str
    account_ids: tuple[int, ...]
    """the customer whose letter it is comes first"""
    invoice_ids: frozenset[int]
    """the invoices its firings are about"""
    address: str
    contact_id: int | None
    rep_id: int | None
    also_dunning: bool = False
    instalment_id: int | None = None
    """what an instalment check is about"""
    case: Case | None = None
    """the approved case that a suspension notice is about; `invoice_ids` are its invoices"""
    answer_of: int | None = None
    """the touch whose letter answers a mail of theirs"""


@dataclass(frozen=True, slots=True)
class _Background:
    """What was read for a batch, by account."""

    families: Mapping[int, Sequence[Account]]
    items: Mapping[int, Sequence[OpenItem]]
    promises: Mapping[int, Sequence[Promise]]
    """those that are not settled"""
    instalments: Mapping[int, Instalment]
    calls: Mapping[int, Sequence[Spoken]]
    """of the last weeks"""
    bills: Mapping[int, Bill]
    """by the invoice's id, those that a letter gives in full"""
    answers: Mapping[int, Answered]
    """by the touch that asks for it"""


def gather(session: Session, occasions: Sequence[Occasion], on: date) -> list[Facts]:
    """The facts of each letter on a day, in the order given."""
    read = _read(session, occasions, on)
    contacts = rows.by_id(session, Contact, (o.contact_id for o in occasions))
    reps = rows.by_id(session, User, (o.rep_id for o in occasions))
    return [_facts(o, read, contacts.get(o.contact_id), reps.get(o.rep_id), on) for o in occasions]


def _facts(
    occasion: Occasion, read: _Background, contact: Contact | None, rep: User | None, on: date
) -> Facts:
    accounts = _unique(account for id in occasion.account_ids for account in read.families[id])
    ids = [account.id for account in accounts]
    promises = [promise for id in ids for promise in read.promises[id]]
    return Facts(
        step=occasion.step,
        day=on,
        address=occasion.address,
        contact=contact.name if contact else "",
        sections=tuple(_sections(occasion, accounts, read)),
        said=_said(_quotable(occasion, [call for id in ids for call in read.calls[id]], on)),
        broken=tuple(_promised(p) for p in promises if p.state in MISSED) if occasion.step in QUOTING else (),
        promised=tuple(_rest_of(p) for p in promises if _is_awaited(p, on)),
        voicemail=any(_voicemail(call, on) for id in ids for call, _ in read.calls[id]),
        instalment=read.instalments.get(occasion.instalment_id or 0),
        case=occasion.case,
        bills=tuple(read.bills[id] for id in _finals(occasion, accounts, read.items)),
        signer=Signer(rep.name, rep.phone or "", rep.email or "") if rep else None,
        also_dunning=occasion.also_dunning,
        answer=read.answers.get(occasion.answer_of or 0),
    )


def _sections(occasion: Occasion, accounts: Sequence[Account], read: _Background) -> Iterator[Section]:
    """One an account; the first always, the others where they have something to list."""
    for account in accounts:
        every = lines_of(read.items[account.id], occasion.invoice_ids)
        if STEPS[occasion.step].purpose is Purpose.NOTICE:
            every = tuple(_of_case(every))
        listed = every if occasion.step == STATEMENT else tuple(_listed(every))
        listed = () if occasion.step == ANSWER.name else listed  # they asked something: no list of ours
        if listed or account.id == occasion.account_ids[0]:
            yield Section(account.id, account.number, account.name, listed, sums_of(every))


def _of_case(lines: Sequence[Line]) -> Iterator[Line]:
    """A case speaks of its own invoices only, less credits of their currency; a promise stops no clock."""
    currencies = {line.currency for line in lines if line.about}
    for line in lines:
        if line.about:
            yield replace(line, held=line.held._replace(promised=0))
        elif line.is_credit and line.currency in currencies:
            yield line


def case_of(standing: Standing) -> Case:
    """What a letter says of a case."""
    return Case(standing.case.day0, standing.case.deadline_on)


def _listed(lines: Sequence[Line]) -> Iterator[Line]:
    """Everything past due, what the letter is about, and the credits that lessen what is asked."""
    past_due = any(line.is_past_due for line in lines)
    return (line for line in lines if line.is_past_due or line.about or (past_due and line.is_credit))


def _quotable(occasion: Occasion, calls: Sequence[Spoken], on: date) -> Sequence[Spoken]:
    """Calls whose words the letter may give back; a confirmation speaks of its own day only."""
    if occasion.step == CONFIRMATION.name:
        return [(call, who) for call, who in calls if call.day == on]
    return calls if occasion.step in QUOTING else ()


def _said(calls: Sequence[Spoken]) -> Said | None:
    """The last thing they told us, by the date of the call. A promise is spoken of by itself, standing or
    broken; a rep's note is for us and never quoted."""
    for call, who in sorted(calls, key=lambda pair: (pair[0].day, pair[0].requested_at), reverse=True):
        if call.disposition in PROMISING:
            return None
        told = SAID.get(Disposition(call.disposition)) if call.disposition else None
        if told:
            return Said(call.day, who or "a colleague of yours", told)
    return None


def _is_awaited(promise: Promise, on: date) -> bool:
    return promise.state in AWAITED and promise.rest_minor > 0 and on <= promise.grace_on


def _rest_of(promise: Promise) -> Promised:
    return Promised(promise.rest_minor, promise.currency, promise.due_on)


def _promised(promise: Promise) -> Promised:
    return Promised(promise.amount_minor, promise.currency, promise.due_on, promise.received_minor or 0)


def _instalments(session: Session, occasions: Sequence[Occasion]) -> Mapping[int, Instalment]:
    found = rows.instalments(session, {o.instalment_id for o in occasions if o.instalment_id})
    return {
        id: Instalment(one.amount_minor, currency, one.due_on, one.number, count)
        for id, (one, currency, count) in found.items()
    }


def _voicemail(call: CallAttempt, on: date) -> bool:
    left = call.outcome == Outcome.VOICEMAIL_LEFT or call.disposition == Disposition.LEFT_MESSAGE
    return left and call.day == on


def _read(session: Session, occasions: Sequence[Occasion], on: date) -> _Background:
    families = rows.families(session, _unique(id for o in occasions for id in o.account_ids))
    ids = [account.id for account in _unique(a for family in families.values() for a in family)]
    items, promises = open_items_of(session, ids, on), rows.promises(session, ids)
    bills = _bills(session, occasions, families, items, on)
    answers = threads.answered(session, [o.answer_of for o in occasions if o.answer_of])
    calls, instalments = rows.calls(session, ids, on), _instalments(session, occasions)
    return _Background(families, items, promises, instalments, calls, bills, answers)


def _bills(
    session: Session,
    occasions: Sequence[Occasion],
    families: Mapping[int, Sequence[Account]],
    items: Mapping[int, Sequence[OpenItem]],
    on: date,
) -> Mapping[int, Bill]:
    found: dict[int, tuple[Account, Invoice]] = {}
    for occasion in occasions:
        accounts = [account for id in occasion.account_ids for account in families[id]]
        found |= _finals(occasion, accounts, items)
    return dict(zip(found, bills_of(session, list(found.values()), on), strict=True)) if found else {}


def _finals(
    occasion: Occasion, accounts: Sequence[Account], items: Mapping[int, Sequence[OpenItem]]
) -> dict[int, tuple[Account, Invoice]]:
    """The invoices of a final check, by id: as Facts.finals counts them."""
    if occasion.step != FINAL_CHECK.name:
        return {}
    return {
        item.invoice.id: (account, item.invoice)
        for account in accounts
        for item in items[account.id]
        if item.invoice.id in occasion.invoice_ids or (item.invoice.kind == "final" and item.past_due)
    }


Item = TypeVar("Item")


def _unique(items: Iterable[Item]) -> list[Item]:
    """In order of first appearance."""
    return list(dict.fromkeys(items))
