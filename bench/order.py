"""Which order within a tier captures most? Tried on a file of invoices whose end is known, by replay.

Lateness captured: of what was past due on a day, amount times the days it stayed unpaid yet, as far as it
belongs to the first accounts called. Everybody gets a number and one rep works them all.
"""

import math
import random
import tempfile
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

from sqlalchemy import select, update

from outreach.campaigns.planning.replaying import replay
from outreach.intake.importing import import_file
from outreach.ledger import policies, schema
from outreach.ledger.base import Ledger
from outreach.ledger.clock import WallClock
from outreach.ledger.destinations import Contact, Destination
from outreach.ledger.people import User
from outreach.ledger.receivables import Account, Application, Invoice
from outreach.rules import recovery
from outreach.rules.recovery import History, Late
from outreach.rules.steps import STEPS

POLICY = Path(__file__).parents[1] / "config" / "outreach.toml"
SHARES = (0.05, 0.10, 0.20, 0.50)
YEAR = timedelta(days=365)
NOW = datetime(2000, 1, 1, tzinfo=UTC)
Say = Callable[[str], None]


class Past(NamedTuple):
    """An invoice whose end is known."""

    invoiced_on: date
    due_on: date
    amount: int
    paid_on: date


@dataclass(frozen=True, slots=True)
class Candidate:
    """An account on a day on which it may be called."""

    account: str
    day: date
    tier: int
    truth: int
    """amount times days that what was past due stayed unpaid yet"""


Order = Callable[[Candidate], float]


def run(file: Path, first: date, last: date, *, say: Say = lambda words: None) -> dict[str, Any]:
    """Import a history, replay it under both orders, and hold them against the oldest first and chance."""
    with (
        tempfile.TemporaryDirectory(prefix="outreach-order-") as folder,
        closing(Ledger(f"sqlite:///{Path(folder) / 'order.db'}")) as ledger,
    ):
        _bring(ledger, file)
        past = _past(ledger)
        say("replaying by amount")
        by_amount = _calls(ledger, first, last, past, "amount")
        say("replaying by recovery")
        by_recovery = _calls(ledger, first, last, past, "recovery")
    chance = random.Random(7)
    within: Mapping[str, Sequence[Sequence[Candidate]]] = {
        "largest first": by_amount,
        "recovery": by_recovery,
        "oldest first": [_sorted(day, lambda one: _oldest(one, past), tiers=True) for day in by_amount],
        "random": [_sorted(day, lambda _: chance.random(), tiers=True) for day in by_amount],
    }
    mondays = list(_mondays(first, last, past))
    orders: Mapping[str, Order] = {
        "largest first": lambda one: sum(it.amount for it in _past_due(past[one.account], one.day)),
        "recovery": lambda one: _recovery(one, past),
        "oldest first": lambda one: _oldest(one, past),
        "random": lambda _: chance.random(),
    }
    standing = {name: [_sorted(day, order) for day in mondays] for name, order in orders.items()}
    return {
        "file": file.name,
        "days": len(by_amount),
        "calls": sum(map(len, by_amount)),
        "mondays": len(mondays),
        "figures": [*_rows("the day's calls", within), *_rows("all past due, Mondays", standing)],
    }


def _rows(what: str, lists: Mapping[str, Sequence[Sequence[Candidate]]]) -> Iterator[dict[str, Any]]:
    for name, days in lists.items():
        yield {"lists": what, "order": name} | {
            f"first {share:.0%}": f"{100 * _captured(days, share):.2f}" for share in SHARES
        }


def _captured(days: Sequence[Sequence[Candidate]], share: float) -> float:
    """Of each day's list the first accounts, at least one."""
    taken = sum(one.truth for day in days for one in day[: max(1, math.ceil(share * len(day)))])
    return taken / sum(one.truth for day in days for one in day)


def _sorted(day: Sequence[Candidate], order: Order, *, tiers: bool = False) -> list[Candidate]:
    return sorted(day, key=lambda one: (one.tier if tiers else 0, -order(one), one.account))


def _bring(ledger: Ledger, file: Path) -> None:
    schema.upgrade(ledger)
    with ledger.writing() as session:
        policies.load(session, POLICY.read_text("utf-8"), actor="bench", why="bench", now=NOW)
    import_file(ledger, file, clock=WallClock(), actor="bench")
    with ledger.writing() as session:
        rep = User(login="rep", role="rep", name="Rep", password_hash="-", created_at=NOW)  # noqa: S106
        session.add(rep)
        session.flush()
        session.execute(update(Account).values(rep_id=rep.id))
        for n, id_ in enumerate(session.scalars(select(Account.id)).all()):
            phone = Destination(kind="phone", address=f"+1212{5550000 + n}", created_at=NOW)
            session.add(phone)
            session.flush()
            zone = "America/New_York"
            session.add(Contact(account_id=id_, name="Payables", timezone=zone, phone_id=phone.id))


def _past(ledger: Ledger) -> Mapping[str, list[Past]]:
    """Account -> its invoices, where their end is known."""
    found: dict[str, list[Past]] = defaultdict(list)
    query = (
        select(Account.number, Invoice, Application.dated_on)
        .join(Invoice, Invoice.account_id == Account.id)
        .join(Application, Application.invoice_id == Invoice.id)
        .where(Invoice.open_minor == 0, Invoice.gross_minor > 0)
    )
    with ledger.reading() as session:
        for number, one, paid_on in session.execute(query):
            found[number].append(Past(one.invoiced_on, one.due_on, one.gross_minor, paid_on))
    return found


def _calls(
    ledger: Ledger, first: date, last: date, past: Mapping[str, list[Past]], order: str
) -> list[list[Candidate]]:
    """Each day's calls by rank, as the playbook makes them."""
    document = POLICY.read_text("utf-8").replace('order = "amount"', f'order = "{order}"')
    days: dict[date, list[Candidate]] = defaultdict(list)
    for one in replay(ledger, first, last, document=document).contacts:
        if one.channel == "call":
            tier = STEPS[one.step].tier or 0
            days[one.day].append(Candidate(one.account, one.day, tier, _truth(past[one.account], one.day)))
    return [days[day] for day in sorted(days)]


def _mondays(first: date, last: date, past: Mapping[str, list[Past]]) -> Iterator[list[Candidate]]:
    """Every account with something past due, each Monday: longer lists, without tiers."""
    day = first + timedelta(-first.weekday() % 7)
    while day <= last:
        found = [Candidate(number, day, 0, _truth(some, day)) for number, some in past.items()]
        if late := [one for one in found if one.truth]:
            yield late
        day += timedelta(7)


def _past_due(some: Sequence[Past], day: date) -> list[Past]:
    return [one for one in some if one.invoiced_on <= day and one.due_on < day < one.paid_on]


def _truth(some: Sequence[Past], day: date) -> int:
    return sum(one.amount * (one.paid_on - day).days for one in _past_due(some, day))


def _oldest(one: Candidate, past: Mapping[str, list[Past]]) -> float:
    return max(((one.day - it.due_on).days for it in _past_due(past[one.account], one.day)), default=0)


def _recovery(one: Candidate, past: Mapping[str, list[Past]]) -> float:
    """By the rule itself, from what was known that day."""
    asked = [Late(it.amount, (one.day - it.due_on).days) for it in _past_due(past[one.account], one.day)]
    own = _settled(past[one.account], one.day)
    everybody = [days for some in past.values() for days in _settled(some, one.day)]
    return recovery.outlook(asked, History(own), History(everybody))


def _settled(some: Sequence[Past], day: date) -> list[int]:
    return [(one.paid_on - one.due_on).days for one in some if day - YEAR < one.paid_on <= day]
