"""In whatever order the files of a source come, what was open on any day is the same."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from itertools import permutations

from hypothesis import given
from hypothesis import strategies as st

from outreach.intake.changes import ATTRIBUTES, Change, Known, Occasion, Stated, change, first_change, vanish

START = date(2026, 11, 1)
TEN, TWENTY, THIRTY = (START + timedelta(days) for days in (10, 20, 30))


@dataclass(frozen=True)
class Snapshot:
    """What a file of that day says of the one invoice; None: it is not in it."""

    as_of: date
    stated: Stated | None


def stated(open_: int, gross: int | None = None, **other: object) -> Stated:
    row = Stated("standard", START, TEN, None, "USD", None, gross, open_, None, None)
    return replace(row, **other)  # type: ignore[arg-type]


def written(known: Known | None, found: Change) -> Known:
    """The invoice after a change, as the ledger would read it again."""
    columns = {"gross_minor": "gross", "open_minor": "open"}
    values = {columns.get(name, name): value for name, value in found.values.items() if name != "ladder"}
    applied = dict(known.applied) if known else {}
    for posting in found.postings:
        applied[posting.dated_on] = applied.get(posting.dated_on, 0) + posting.amount
    if found.disputed is not None:
        values["disputed"] = found.disputed
    return replace(known, **values, applied=applied) if known else Known(**values, applied=applied)


def import_all(files: Sequence[Snapshot]) -> Known | None:
    known: Known | None = None
    done: list[date] = []
    for file in files:
        later = min((day for day in done if day > file.as_of), default=None)
        at = Occasion(file.as_of, "snapshot", later, later)
        if file.stated and known:
            known = written(known, change(known, file.stated, at))
        elif file.stated:
            known = written(None, first_change(file.stated, at))
        elif known and known.first_seen_on and known.first_seen_on <= at.as_of and open_on(known, at.as_of):
            known = written(known, vanish(known, at))
        done.append(file.as_of)
    return known


def open_on(known: Known, day: date) -> int:
    return known.gross - sum(amount for on, amount in known.applied.items() if on <= day)


def figures(known: Known | None) -> list[object]:
    """Everything a figure of some day can depend on."""
    if known is None:
        return []
    assert known.open == known.gross - sum(known.applied.values())
    days = [open_on(known, START + timedelta(day)) for day in range(40)]
    return [days, *(getattr(known, name) for name in ATTRIBUTES), known.closed_on]


@st.composite
def files_of_one_invoice(draw: st.DrawFn, *, amended: bool) -> list[Snapshot]:
    """Two to four files; the invoice is in some of them, part paid, paid, or amended."""
    days = draw(st.lists(st.integers(1, 30), min_size=2, max_size=4, unique=True))
    gross_stated = draw(st.booleans())
    rows: list[Snapshot] = []
    for day in sorted(days):
        row = None
        if draw(st.booleans()):
            gross = draw(st.sampled_from([1000, 1200])) if amended else 1000
            due_on = draw(st.sampled_from([TEN, TWENTY])) if amended else TEN
            open_ = draw(st.integers(1 if amended else 0, 5)) * 200
            row = stated(open_, gross if gross_stated else None, due_on=due_on)
        rows.append(Snapshot(START + timedelta(day), row))
    return rows


@given(files_of_one_invoice(amended=True) | files_of_one_invoice(amended=False))
def test_any_order_of_snapshots_gives_the_same_figures(files: list[Snapshot]) -> None:
    expected = figures(import_all(files))
    for order in permutations(files):
        assert figures(import_all(order)) == expected, [file.as_of for file in order]
