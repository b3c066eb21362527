"""What one row of a file changes about one invoice: pure, so that every order of files can be shown to agree.

A snapshot states what is open on its `as_of`; a history states the day an invoice was paid. Both become sums
applied on dated days, so that what was open on any day follows from the files, in whatever order they came.
A late file dates a part of a payment earlier and takes it off again at the date of the file after it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any, Literal, NamedTuple

Form = Literal["snapshot", "history"]
Applied = dict[date, int]

ATTRIBUTES = ("kind", "kind_by", "invoiced_on", "due_on", "service_month", "currency", "po_number")


@dataclass(frozen=True, slots=True)
class Occasion:
    """A file among those of its source; `next_on` and `next_snapshot_on` date the ones after it, if any."""

    as_of: date
    form: Form
    next_on: date | None = None
    next_snapshot_on: date | None = None

    @property
    def newest(self) -> bool:
        return self.next_on is None


@dataclass(frozen=True, slots=True)
class Stated:
    """A row of the file; None is what it does not state. `open` is what is open on the file's `as_of`."""

    kind: str | None
    invoiced_on: date
    due_on: date
    service_month: date | None
    currency: str
    po_number: str | None
    gross: int | None
    open: int
    settled_on: date | None
    disputed: bool | None
    kind_by: str | None = None
    """column or rule"""
    received_on: date | None = None
    """the day the payment came in that it states"""


@dataclass(frozen=True, slots=True)
class Known:
    """The invoice as the ledger has it; `applied` is what was applied to it, by day."""

    kind: str
    invoiced_on: date
    due_on: date
    service_month: date | None
    currency: str
    po_number: str | None
    gross: int
    open: int
    reopened: int
    closed_on: date | None
    closed_why: str | None
    first_seen_on: date | None
    """`as_of` of the earliest snapshot that held it"""
    disputed: bool = False
    """a dispute that a file opened stands"""
    disputed_on: date | None = None
    """the day since which it does"""
    disputed_by_us: bool = False
    """one that a person opened stands, over the whole invoice"""
    kind_by: str | None = None
    applied: Mapping[date, int] = field(default_factory=dict)


class Posting(NamedTuple):
    """An amount to apply: positive reduces what is open."""

    dated_on: date
    amount: int
    kind: str


@dataclass(frozen=True, slots=True)
class Change:
    """What to write: the invoice's columns, postings, and the file's dispute to open (True) or resolve."""

    values: dict[str, Any] = field(default_factory=dict)
    postings: list[Posting] = field(default_factory=list)
    disputed: bool | None = None
    disputed_on: date | None = None
    """the file's standing dispute began on this earlier day"""
    closes: bool = False
    reopens: bool = False
    received_on: date | None = None
    """of the payments among the postings"""

    def __bool__(self) -> bool:
        return bool(self.values or self.postings or self.disputed is not None or self.disputed_on)


def first_change(stated: Stated, at: Occasion) -> Change:
    """The first row of an invoice. If the file is late, the next snapshot lacks it: it vanished there."""
    gross = stated.open if stated.gross is None else stated.gross
    applied = {stated.settled_on or at.as_of: gross - stated.open}
    kinds = {stated.settled_on or at.as_of: "payment" if stated.settled_on else "opening"}
    if stated.open and at.form == "snapshot" and at.next_snapshot_on:
        applied[at.next_snapshot_on] = stated.open
        kinds[at.next_snapshot_on] = "vanished"
    postings = [Posting(on, amount, kinds[on]) for on, amount in sorted(applied.items()) if amount]
    columns: dict[str, Any] = {name: getattr(stated, name) for name in ATTRIBUTES}
    columns |= {
        "kind": stated.kind or "standard",
        "gross_minor": gross,
        "first_seen_on": _first_seen(None, at),
    }
    columns |= {"reopened": 0, "ladder": 0}
    columns |= _standing(gross, applied, at.as_of, paid_by=at.as_of)
    disputed = True if stated.disputed and columns["open_minor"] else None
    return Change(columns, postings, disputed, received_on=stated.received_on)


def with_kind(stated: Stated, known: Known) -> Stated:
    """A column's word on the kind stands against the rules; what a rule said goes when none says it more."""
    if stated.kind_by == "rule" and known.kind_by == "column":
        return replace(stated, kind=None, kind_by=None)
    if stated.kind is None and known.kind_by == "rule":
        return replace(stated, kind="standard", kind_by="rule")
    return stated


def agrees(known: Known, stated: Stated, at: Occasion) -> bool:
    """The newest file says what the ledger has: nothing is to be done, and `applied` need not be read."""
    return (
        at.newest
        and stated.open == known.open
        and stated.gross in (None, known.gross)
        and (stated.settled_on is None or stated.settled_on == known.closed_on)
        and known.first_seen_on == _first_seen(known.first_seen_on, at)
        and all(getattr(stated, name) in (None, getattr(known, name)) for name in ATTRIBUTES)
        and _dispute(known, stated, at, known.open) is None
    )


def change(known: Known, stated: Stated, at: Occasion) -> Change:
    """What a row changes about an invoice that is known. Where a later file states it, only amounts count."""
    if at.form == "history":
        if not at.newest:
            return Change(disputed_on=_disputed_on(known, stated, at))
        return _changed(known, stated, at, stated.gross or known.gross, _after_history(known, stated, at))
    gross = _gross_after(known, stated, at)
    return _changed(known, stated, at, gross, _after_snapshot(known, stated.open, gross, at))


def vanish(known: Known, at: Occasion) -> Change:
    """The invoice is missing from a snapshot: it counts as paid on that day (interface.md, import)."""
    return _changed(known, None, at, known.gross, _after_snapshot(known, 0, known.gross, at))


def _gross_after(known: Known, stated: Stated, at: Occasion) -> int:
    """The last word of the files; where they state only what is open, the earliest such amount."""
    if stated.gross is None:
        return stated.open if _was_before(at, known) else known.gross
    return stated.gross if _is_last_word(known, at) else known.gross


def _is_last_word(known: Known, at: Occasion) -> bool:
    """No later file states the invoice: there is none, or it vanished by the next one."""
    if at.next_on is None:
        return True
    return known.closed_why == "vanished" and known.closed_on is not None and known.closed_on <= at.next_on


def _after_snapshot(known: Known, open_: int, gross: int, at: Occasion) -> Applied:
    after = dict(known.applied)
    if known.first_seen_on:
        _add(after, known.first_seen_on, gross - known.gross)  # what snapshots stated as open stays so
    paid = gross - open_ - sum(amount for on, amount in after.items() if on <= at.as_of)
    _add(after, at.as_of, paid)
    if known.first_seen_on is None or known.first_seen_on <= at.as_of:
        if at.next_on:
            _add(after, at.next_on, -paid)
    elif at.next_snapshot_on and at.next_snapshot_on < known.first_seen_on:
        _add(after, at.next_snapshot_on, open_)
        _add(after, known.first_seen_on, -paid - open_)
    else:
        _add(after, known.first_seen_on, -paid)
    return after


def _after_history(known: Known, stated: Stated, at: Occasion) -> Applied:
    """The file dates the closing payment; part payments known from before it stay."""
    gross, day = stated.gross or known.gross, stated.settled_on or at.as_of
    if stated.settled_on is None and stated.open == gross and known.open:
        return dict(known.applied)  # not settled, and no word about parts
    after = {on: amount for on, amount in known.applied.items() if on < day and on != known.closed_on}
    _add(after, day, gross - stated.open - sum(after.values()))
    return after


def _changed(known: Known, stated: Stated | None, at: Occasion, gross: int, after: Applied) -> Change:
    dates = sorted(known.applied.keys() | after.keys())
    differences = ((on, after.get(on, 0) - known.applied.get(on, 0)) for on in dates)
    postings = [Posting(on, n, _kind(on, n, stated, at)) for on, n in differences if n]
    seen = _first_seen(known.first_seen_on, at)
    columns: dict[str, Any] = {"gross_minor": gross, "first_seen_on": seen}
    columns |= _standing(gross, after, seen or at.as_of, at.as_of if stated else None)
    if columns["closed_on"] and columns["closed_on"] == known.closed_on:
        columns["closed_why"] = known.closed_why
    if stated and _is_last_word(known, at):
        columns |= {name: value for name in ATTRIBUTES if (value := getattr(stated, name)) is not None}
    bounced = sum(after.values()) < sum(known.applied.values()) and columns["open_minor"] > known.open
    reopens = at.newest and bounced
    values = {name: value for name, value in columns.items() if value != _column(known, name)}
    if reopens:
        values["reopened"] = known.reopened + 1
    if reopens or "due_on" in values:
        values["ladder"] = 0  # a new cycle begins at its foot (product.md 2)
    closes = bool(known.open) and columns["open_minor"] == 0
    disputed = _dispute(known, stated, at, columns["open_minor"])
    received_on = stated.received_on if stated else None
    since = _disputed_on(known, stated, at)
    return Change(values, postings, disputed, since, closes, reopens, received_on)


def _standing(gross: int, applied: Applied, first_seen_on: date, paid_by: date | None) -> dict[str, Any]:
    """What is left, and when the last of it went; what went after `paid_by` only went missing."""
    open_ = gross - sum(applied.values())
    if open_:
        return {"open_minor": open_, "closed_on": None, "closed_why": None}
    closed_on = max((on for on, amount in applied.items() if amount), default=first_seen_on)
    why = "paid" if paid_by and closed_on <= paid_by else "vanished"
    return {"open_minor": 0, "closed_on": closed_on, "closed_why": why}


def _kind(on: date, amount: int, stated: Stated | None, at: Occasion) -> str:
    if on != ((stated.settled_on if stated else None) or at.as_of):
        return "restated"
    if amount < 0:
        return "reversal"
    return "payment" if stated else "vanished"


def _dispute(known: Known, stated: Stated | None, at: Occasion, open_: int) -> bool | None:
    if not at.newest:
        return None
    said = stated.disputed if stated else None
    wanted = bool(open_) and (known.disputed if said is None else said)
    if wanted == known.disputed or (wanted and known.disputed_by_us):
        return None
    return wanted


def _disputed_on(known: Known, stated: Stated | None, at: Occasion) -> date | None:
    """A late file disputes it, too, and no other lies between it and the dispute that stands."""
    began = known.disputed_on
    if stated and stated.disputed and began and at.next_on and at.as_of < began <= at.next_on:
        return at.as_of
    return None


def _column(known: Known, name: str) -> Any:
    return getattr(known, {"gross_minor": "gross", "open_minor": "open"}.get(name, name))


def _first_seen(before: date | None, at: Occasion) -> date | None:
    if at.form == "history":
        return before
    return min(before, at.as_of) if before else at.as_of


def _was_before(at: Occasion, known: Known) -> bool:
    return known.first_seen_on is not None and at.as_of < known.first_seen_on


def _add(applied: Applied, on: date, amount: int) -> None:
    if amount:
        applied[on] = applied.get(on, 0) + amount
