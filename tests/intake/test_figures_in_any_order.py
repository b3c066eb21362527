"""The same files in any order give the same figures of every day, and its buckets sum to the ledger."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from datetime import date, timedelta
from itertools import permutations
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.orm import Session

from outreach.ledger import as_of, policies
from outreach.ledger.receivables import Invoice
from outreach.reports.key_figures import key_figures
from outreach.reports.overdue_31 import overdue_31
from outreach.rules.currencies import CURRENCIES
from outreach.rules.money import exponent
from tests.intake.conftest import AS_OF, Books
from tests.intake.files import write

HEADER = ("Customer ID", "Invoice number", "Type", "Invoice date", "Due date", "Open amount", "Currency")
# number, type, dated and due so many days before the first file
DOCUMENTS = {
    "I1": ("Invoice", 75, 45),
    "I2": ("Invoice", 62, 32),
    "I3": ("Invoice", 20, -10),
    "I4": ("Invoice", -3, -33),
    "C1": ("Credit memo", 40, 40),
}
OWN = sorted(code for code in CURRENCIES if exponent(code) == 2 and code != "USD")
"""each ledger of a run has a currency of its own, since figures go over all sources"""
files = st.dictionaries(
    st.sampled_from(sorted(DOCUMENTS)), st.integers(1, 5).map(lambda n: 100 * n), max_size=5
)
AROUND = [AS_OF + timedelta(days=n) for n in range(-1, 6)]
"""the days around the files"""


def bring(books: Books, folder: Path, source: str, currency: str, opens: Mapping[str, int], day: int) -> None:
    rows = []
    for number, minor in opens.items():
        kind, dated, due = DOCUMENTS[number]
        dates = [(AS_OF - timedelta(days)).isoformat() for days in (dated, due)]
        amount = f"{'-' if number.startswith('C') else ''}{minor / 100:.2f}"
        rows.append(("HARBOR", number, kind, *dates, amount, currency))
    path = write(folder, HEADER, *rows)
    books.bring(path, source=source, as_of=AS_OF + timedelta(days=day), accept_closed=True)


def figures(session: Session, day: date) -> dict[str, tuple[dict[str, int], Any]]:
    """Currency -> the buckets of a day, and the other figures that rest on the ledger."""
    in_force = policies.in_force(session)
    buckets: dict[str, dict[str, int]] = defaultdict(dict)
    for one in as_of.balances(session, day):
        buckets[one.currency][one.bucket] = one.amount
    late, named = overdue_31(session, day, in_force), key_figures(session, day, in_force.policy)
    return {
        currency: (
            buckets[currency],
            (
                late["gross"].get(currency),
                late["net"].get(currency),
                {name: (one.value, one.why is None) for name, one in named.get(currency, {}).items()},
            ),
        )
        for currency in {*buckets, *named}
    }


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(snapshots=st.lists(files, min_size=2, max_size=3), data=st.data())
def test_the_order_of_imports_does_not_matter(
    books: Books, tmp_path: Path, snapshots: list[dict[str, int]], data: st.DataObject
) -> None:
    run = len(books.sources())
    dated = list(enumerate(snapshots))
    shuffled = data.draw(st.sampled_from(list(permutations(dated))))
    orders = {f"{run} in order": (OWN[run], dated), f"{run} shuffled": (OWN[run + 1], shuffled)}
    for source, (currency, order) in orders.items():
        for place, opens in order:
            bring(books, tmp_path, source, currency, opens, 2 * place)
    with books.ledger.reading() as session:
        told = {day: figures(session, day) for day in AROUND}
    for day, by_currency in told.items():
        assert by_currency.get(OWN[run]) == by_currency.get(OWN[run + 1]), day
        for source, (currency, _) in orders.items():
            of_ledger = sum(known(books, source, day).values())
            assert sum(by_currency.get(currency, ({}, None))[0].values()) == of_ledger, day


def known(books: Books, source: str, day: date) -> dict[str, int]:
    """What was open by the plain sum of what was applied, of what was dated or shown by then."""
    with books.ledger.reading() as session:
        rows = session.scalars(select(Invoice).where(Invoice.source == source)).all()
    then = {row.number for row in rows if row.invoiced_on <= day or (row.first_seen_on or date.max) <= day}
    return {number: amount for number, amount in books.open_on(day, source).items() if number in then}
