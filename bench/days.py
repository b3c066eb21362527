"""The first days of a team at work: what a plan of an ordinary day finds has been lived through, not set."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import bindparam, text

from bench.ledger import FIRST_DAY, NOW, ORDINARY_DAY, Say
from outreach.campaigns.planning import planner, release
from outreach.ledger import policies
from outreach.ledger.base import Ledger

ASSUMPTIONS = (
    "until the ordinary day every business day is planned and worked: of five calls two settle, two do not, "
    "one is not made; all letters leave, 200 a day in the first week; the punctual pay on the "
    "day, the late one in 25 of their invoices a day"
)

WORKED = (
    "UPDATE touches SET state = 'done' WHERE state = 'open' AND (channel = 'email' OR id % 5 <> 0)",
    """UPDATE firings SET call_side = CASE WHEN id % 5 < 2 THEN 'done'
                                           WHEN tries >= 2 THEN 'unreached' ELSE 'open' END,
                          tries = tries + 1, call_again_on = :next WHERE id IN (
           SELECT firing_id FROM touch_firings tf JOIN touches t ON t.id = tf.touch_id
           WHERE t.state = 'done' AND t.channel = 'call' AND t.day = :day)""",
    """UPDATE firings SET email_side = 'done', emails = 1 WHERE id IN (
           SELECT firing_id FROM touch_firings tf JOIN touches t ON t.id = tf.touch_id
           WHERE t.state = 'done' AND t.channel = 'email' AND t.day = :day)""",
    """UPDATE firings SET state = 'done', ended_on = :day
           WHERE state = 'open' AND call_side <> 'open' AND email_side <> 'open'""",
)
PAID = """UPDATE invoices SET open_minor = 0 WHERE open_minor > 0 AND due_on < :day AND (
    id % 25 = :nth OR NOT EXISTS (SELECT 1 FROM firings WHERE firings.account_id = invoices.account_id))"""
"""who has never fired anything pays punctually"""
FRESH = "UPDATE imports SET as_of = :day"


def live_to_the_ordinary_day(ledger: Ledger, say: Say) -> None:
    """The first day has been planned: work it, then every business day up to the ordinary one."""
    release.release(ledger, day=FIRST_DAY, actor="bench", now=NOW)
    _work(ledger, FIRST_DAY)
    for day in _between(ledger):
        say(f"living {day}")
        _pay(ledger, day)
        planner.plan(ledger, day=day, now=datetime.combine(day, NOW.timetz()), listing=False)
        _work(ledger, day)
    _pay(ledger, ORDINARY_DAY)


def _between(ledger: Ledger) -> Iterator[date]:
    with ledger.reading() as session:
        calendar = policies.in_force(session).policy.business_days
    day = calendar.add_business_days(FIRST_DAY, 1)
    while day < ORDINARY_DAY:
        yield day
        day = calendar.add_business_days(day, 1)


def _work(ledger: Ledger, day: date) -> None:
    _run(ledger, WORKED, day=day, next=day + timedelta(days=1))


def _pay(ledger: Ledger, day: date) -> None:
    _run(ledger, (PAID, FRESH), day=day, nth=day.toordinal() % 25)


def _run(ledger: Ledger, statements: tuple[str, ...], **values: date | int) -> None:
    for words in statements:
        known: list[Any] = [bindparam(name, value) for name, value in values.items() if f":{name}" in words]
        with ledger.writing() as session:
            session.execute(text(words).bindparams(*known))
