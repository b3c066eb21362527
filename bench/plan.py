"""How fast is a plan? Beside the bare set-based statement on the same rows, in the same run.

Each figure comes from a process of its own, so that its peak memory is its own.
"""

import json
import re
import resource
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from bench import days, history
from bench.ledger import FIRST_DAY, NOW, ORDINARY_DAY, Say, Shape, build
from outreach.campaigns import queue
from outreach.campaigns.planning import planner
from outreach.campaigns.planning.plan_result import PlanResult
from outreach.ledger import policies
from outreach.ledger.base import Ledger
from outreach.ledger.people import User

TARGET_RATIO, TARGET_MIB, TARGET_QUEUE_MS = 4.0, 200, 20

BARE = """
SELECT rep_id, account_id, tier, asked FROM (
    SELECT a.rep_id, f.account_id, f.tier, f.asked,
           row_number() OVER (PARTITION BY a.rep_id ORDER BY f.tier, f.asked DESC, f.account_id) AS place
    FROM accounts a JOIN (
        SELECT account_id, currency, min(due_on) AS oldest_due,
               sum(CASE WHEN due_on <= :yesterday THEN open_minor ELSE 0 END) AS asked,
               sum(CASE WHEN due_on <= :over_31 THEN open_minor ELSE 0 END) AS over_31,
               sum(CASE WHEN kind = 'final' THEN open_minor ELSE 0 END) AS final,
               sum(CASE WHEN kind = 'mrr' THEN open_minor ELSE 0 END) AS mrr,
               count(DISTINCT CASE WHEN kind = 'mrr' THEN service_month END) AS mrr_months,
               min(CASE WHEN kind = 'final' THEN 2 WHEN due_on <= :over_31 THEN 4
                        WHEN due_on <= :over_15 THEN 6 WHEN due_on <= :over_5 THEN 7 END) AS tier
        FROM invoices
        WHERE open_minor <> 0 AND (due_on <= :yesterday OR open_minor < 0)
          AND id NOT IN (SELECT invoice_id FROM holds WHERE ended_on IS NULL)
        GROUP BY account_id, currency
        HAVING sum(open_minor) >= 2500
    ) f ON f.account_id = a.id
    WHERE f.tier IS NOT NULL
) ranked WHERE place <= 75
"""
"""who would be called, by one statement: no firings, no reasons, no rules, nobody's leaving out explained"""


class Measured(NamedTuple):
    wall: float
    cpu: float
    came_to: dict[str, Any]


Work = Callable[[str], Measured]


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured run."""

    what: str
    seconds: float
    cpu_seconds: float
    """of this process alone: what a busy machine does not change as much"""
    peak_mib: float
    came_to: dict[str, Any]


def run(shape: Shape, *, url: str | None = None, say: Say = lambda words: None) -> dict[str, Any]:
    """Seed a database, measure, and tell it all. `url`: an empty one; default: SQLite in a new folder."""
    with tempfile.TemporaryDirectory(prefix="outreach-bench-") as folder:
        chosen = url or f"sqlite:///{Path(folder) / 'bench.db'}"
        with closing(Ledger(chosen)) as ledger:
            build(ledger, shape, say)
        figures = []
        for what in STEPS:
            if before := BEFORE.get(what):
                with closing(Ledger(chosen)) as ledger:
                    before(ledger, say)
            figures.append(_measured(what, chosen, say))
    bare = figures[0].seconds
    rows = [asdict(one) | {"ratio": round(one.seconds / bare, 1)} for one in figures]
    return {
        "database": chosen.partition(":")[0].partition("+")[0],
        "size": shape.words,
        "data": f"{shape.assumptions}; {days.ASSUMPTIONS}; {history.ASSUMPTIONS}",
        "targets": {"ratio": TARGET_RATIO, "peak_mib": TARGET_MIB, "queue_ms": TARGET_QUEUE_MS},
        "figures": rows,
    }


def _measured(what: str, url: str, say: Say) -> Figure:
    """Run one step in a process of its own; the address goes by a pipe, since it may hold a password."""
    say(f"measuring {what}")
    child = [sys.executable, "-m", "bench.plan", what]
    ended = subprocess.run(child, input=url, capture_output=True, text=True, check=False)
    if ended.returncode:
        raise RuntimeError(ended.stderr)
    return Figure(what, **json.loads(ended.stdout))


def _child(what: str, url: str) -> dict[str, Any]:
    wall, cpu, came_to = STEPS[what](url)
    figures = {"seconds": wall, "cpu_seconds": cpu, "peak_mib": _peak_mib()}
    return {name: round(value, 6) for name, value in figures.items()} | {"came_to": came_to}


def _peak_mib() -> float:
    """Of this process since it began: on Linux `getrusage` begins a child with the size of its parent."""
    status = Path("/proc/self/status")
    if not status.exists():
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return int(re.findall(r"VmHWM:\s+(\d+) kB", status.read_text())[0]) / 1024


def bare(url: str) -> Measured:
    """The best of three: the first one warms the cache for all that follow."""
    ages = {"yesterday": 1, "over_5": 5, "over_15": 15, "over_31": 32}
    cut_offs = {name: FIRST_DAY - timedelta(n) for name, n in ages.items()}
    with closing(Ledger(url)) as ledger, ledger.reading() as session:
        values = {k: v.isoformat() if ledger.is_sqlite else v for k, v in cut_offs.items()}
        runs = [_timed(lambda: _rows(session, values)) for _ in range(3)]
    return min(runs, key=lambda one: one.wall)


def _rows(session: Session, values: dict[str, Any]) -> dict[str, Any]:
    return {"rows": sum(1 for _ in session.connection().execute(text(BARE), values))}


def first_day(url: str) -> Measured:
    return _plan(url, FIRST_DAY)


def a_later_day(url: str) -> Measured:
    """The ordinary day, or that day once more."""
    return _plan(url, ORDINARY_DAY)


def _plan(url: str, day: date) -> Measured:
    now = datetime.combine(day, NOW.timetz())
    with closing(Ledger(url)) as ledger:
        with ledger.reading() as session:
            policies.in_force(session)  # a worker has its policy and its calendar before it plans
        return _timed(lambda: _counts(planner.plan(ledger, day=day, now=now, listing=False)))


def one_reps_queue(url: str) -> Measured:
    """The median of 25 reps, in a process that has made each queue before; what came, of all of them."""
    now = datetime.combine(ORDINARY_DAY, NOW.timetz())
    with closing(Ledger(url)) as ledger:
        with ledger.reading() as session:
            logins = session.scalars(select(User.login).order_by(User.id).limit(25)).all()
        twice = [[_timed(partial(_queue, ledger, login, now)) for login in logins] for _ in range(2)]
    again = twice[-1]
    middle = sorted(again, key=lambda one: one.wall)[len(again) // 2]
    return middle._replace(came_to=dict(sum((Counter(one.came_to) for one in again), Counter())))


def _queue(ledger: Ledger, login: str, now: datetime) -> dict[str, Any]:
    with ledger.reading() as session:
        document = queue.queue(session, login, ORDINARY_DAY, now)
    assert document  # there is such a rep
    return {"reps": 1, "calls": len(document["items"]), "left_out": len(document["left_out"])}


def _counts(result: PlanResult) -> dict[str, Any]:
    return {"written": result.written} | result.counts()


def _timed(work: Callable[[], dict[str, Any]]) -> Measured:
    wall, cpu = time.perf_counter(), time.process_time()
    came_to = work()
    return Measured(time.perf_counter() - wall, time.process_time() - cpu, came_to)


STEPS: dict[str, Work] = {
    "the bare statement": bare,
    "first day": first_day,
    "ordinary day": a_later_day,
    "the same day again": a_later_day,
    "one rep's queue": one_reps_queue,
    "the day again, after years": a_later_day,
    "one rep's queue, after years": one_reps_queue,
}


def _after_years(ledger: Ledger, say: Say) -> None:
    say("living years")
    history.multiply(ledger, ORDINARY_DAY)


BEFORE: dict[str, Callable[[Ledger, Say], None]] = {
    "ordinary day": days.live_to_the_ordinary_day,
    "the day again, after years": _after_years,
}

if __name__ == "__main__":
    print(json.dumps(_child(sys.argv[1], sys.stdin.read())))
