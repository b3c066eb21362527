"""The planner: what fires, who is called and written to, who is left out and by which rule (product.md 2).

One fold over the open invoices, the pure rules for each account, writes in batches guarded by unique keys.
Planning twice, or by two planners at once, plans once.
"""

import gc
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from outreach.campaigns.planning import expiry, recording, settling, touching
from outreach.campaigns.planning.gathering import EVERYWHERE, gather
from outreach.campaigns.planning.judging import PLACELESS, Judge, Verdict, Wanted
from outreach.campaigns.planning.outlooks import outlooks
from outreach.campaigns.planning.places import Place, places
from outreach.campaigns.planning.plan_result import PlanResult
from outreach.campaigns.planning.recording import Batch, Left
from outreach.campaigns.planning.scene import Scene
from outreach.campaigns.planning.triggers import NEW
from outreach.ledger import leases, log, policies, reach, roster
from outreach.ledger.base import Ledger, new_id
from outreach.ledger.clock import database_time
from outreach.ledger.crash import crashpoint
from outreach.ledger.plans import Plan
from outreach.rules.steps import STATEMENT, Channel

PLACELESS_RULES = set(PLACELESS.values())
LEASE = "planner"
PATIENCE = timedelta(minutes=2)
"""a planner that has written nothing for so long is taken to have died"""

ACCOUNTS_AT_ONCE = 2000
ROWS_AT_ONCE, PLACES_AT_ONCE = 1500, 350
"""so that no write transaction exceeds 50 ms (design.md 4)"""


def plan(
    ledger: Ledger, *, day: date, now: datetime, dry_run: bool = False, listing: bool = True
) -> PlanResult:
    """Plan a day; its touches are dated the business day on or after it.

    A second planner waits for the first, and then finds everything planned. `listing`: keep every firing for
    the document; it takes memory where there are many.
    """
    if dry_run:
        return _Planning(ledger, day, now, dry_run=True, listing=listing).run()
    with _alone(ledger) as holder:
        expiry.expire(ledger, min(day, _today(ledger, now)), now=now)
        settling.settle(ledger, now)
        _judge_destinations(ledger)
        return _Planning(ledger, day, now, holder=holder, listing=listing).run()


@contextmanager
def _alone(ledger: Ledger) -> Iterator[str]:
    """One planner at a time; what two might write at once is guarded by unique keys besides."""
    holder = new_id()
    while not _taken(ledger, holder):
        time.sleep(0.1)
    try:
        yield holder
    finally:
        with ledger.writing() as session:
            leases.release(session, LEASE, holder=holder)


def _taken(ledger: Ledger, holder: str) -> bool:
    with ledger.writing() as session:
        wall = database_time(session)
        return leases.take(session, LEASE, holder=holder, until=wall + PATIENCE, now=wall)


def _today(ledger: Ledger, now: datetime) -> date:
    with ledger.reading() as session:
        return policies.in_force(session).policy.today(now)


def _judge_destinations(ledger: Ledger) -> None:
    """Numbers and addresses that the policy in force has not judged yet."""
    judged = 1
    while judged:
        with ledger.writing() as session:
            judged = reach.judge(session, policies.in_force(session))


class _Planning:
    """One run of the planner."""

    def __init__(
        self,
        ledger: Ledger,
        day: date,
        now: datetime,
        *,
        dry_run: bool = False,
        listing: bool,
        holder: str = "",
    ) -> None:
        self._ledger, self._day, self._now = ledger, day, now
        self._dry_run, self._listing, self._holder = dry_run, listing, holder
        self._wanted: list[Wanted] = []
        self._waiting: list[Left] = []
        self._plan_id: int | None = None
        self._renewed_at = float("-inf")

    def run(self) -> PlanResult:
        with _collector_at_rest():
            return self._run()

    def _run(self) -> PlanResult:
        with self._ledger.reading() as session:
            self._scene = Scene.read(session, self._day)
            self._result = PlanResult(self._day, self._scene.day.touch_on)
            self._result.carried, self._result.idle = self._scene.agenda.carried_by, self._scene.agenda.idle
            self._judge(session)
            found = outlooks(session, self._wanted, self._scene)
        chosen = places(self._wanted, self._scene, found)
        self._wanted = []
        self._touch(chosen)
        self._leave_out()
        self._finish()
        return self._result

    def _judge(self, session: Session) -> None:
        """Every account: what it fires is written at once, what it wants waits for the places of the day."""
        judge, batch = Judge(self._scene), Batch(self._scene)
        for span in roster.spans(session, ACCOUNTS_AT_ONCE):
            piece = gather(session, span, self._scene)
            for idle in piece.idle:
                batch.leave_out(idle.account_id, {EVERYWHERE: idle.rule}, idle.left_out)
                batch = self._write_full(batch)
            for facts in piece.busy:
                self._take(judge.judge(facts), batch)
                batch = self._write_full(batch)
            self._result.left_out.update(piece.left_out())
        self._write(batch)

    def _take(self, verdict: Verdict, batch: Batch) -> None:
        batch.add(verdict)
        left = recording.left(verdict, self._scene)
        if left.waits:
            self._waiting.append(left)
        else:
            batch.leave_out(left.account_id, left.rules, left.running)
        for side in verdict.sides.values():
            if not side.at_once:
                self._wanted.extend(side.wanted)
        result = self._result
        for firing in verdict.triggered.open:
            if firing.id == NEW:
                result.fired[firing.step.name] += 1
        for rule in {*left.rules.values(), *recording.spoken(verdict)} - PLACELESS_RULES:
            result.left_out[rule] += 1
        if self._listing:
            result.list_firings(verdict)

    def _touch(self, chosen: Sequence[Place]) -> None:
        self._count(chosen)
        for start in range(0, 0 if self._dry_run else len(chosen), PLACES_AT_ONCE):
            some = chosen[start : start + PLACES_AT_ONCE]
            with self._ledger.writing() as session:
                plan_id = self._plan(session)
                self._result.written += touching.touch(session, some, self._scene, plan_id, self._now)
            crashpoint("plan touches")

    def _count(self, chosen: Sequence[Place]) -> None:
        for place in chosen:
            self._result.touches[place.channel.value] += place.touch is None
            for member in place.members:
                day = place.touch.day if place.touch else place.day
                self._result.touched[(member.account_id, place.channel)] = day

    def _leave_out(self) -> None:
        """Those who waited for a place, now that the places are given out."""
        batch = Batch(self._scene)
        for left in self._waiting:
            out = self._still_out(left)
            for rule in PLACELESS_RULES.intersection(out.values()):
                self._result.left_out[rule] += 1
            batch.leave_out(left.account_id, out, left.running)
            batch.park(left, out)
            batch = self._write_full(batch)
        self._write(batch)

    def _still_out(self, left: Left) -> dict[str, str]:
        touched = self._result.touched
        return {
            channel: rule
            for channel, rule in left.rules.items()
            if rule not in PLACELESS_RULES or (left.account_id, channel) not in touched
        }

    def _write_full(self, batch: Batch) -> Batch:
        return self._write(batch) if batch.size >= ROWS_AT_ONCE else batch

    def _write(self, batch: Batch) -> Batch:
        """Firings, and those of their letters that wait for no place, in one transaction."""
        letters = places(batch.letters, self._scene)
        self._count(letters)
        if batch.size and not self._dry_run:
            with self._ledger.writing() as session:
                plan_id = self._plan(session)
                self._result.written += batch.write(session, plan_id, self._now)
                self._result.written += touching.touch(session, letters, self._scene, plan_id, self._now)
            crashpoint("plan firings")
        return Batch(self._scene)

    def _plan(self, session: Session) -> int:
        """The row of this plan, made with the first thing it writes; writing renews the lease, in time."""
        if time.monotonic() - self._renewed_at > PATIENCE.total_seconds() / 10:
            leases.renew(session, LEASE, holder=self._holder, until=database_time(session) + PATIENCE)
            self._renewed_at = time.monotonic()
        if self._plan_id is None:
            scene = self._scene
            row = Plan(day=self._day, touch_day=scene.day.touch_on, policy_id=scene.in_force.id)
            row.started_at = self._now
            session.add(row)
            session.flush()
            self._plan_id = row.id
        return self._plan_id

    def _finish(self) -> None:
        """Counts are the day's: those of its earlier plans are among them."""
        result, scene = self._result, self._scene
        days = {scene.day.touch_on, scene.letter_day(STATEMENT)}
        for channel in Channel:
            before = sum(len(scene.agenda.of_day(channel, day)) for day in days)
            result.touches[channel.value] += before
        with self._ledger.reading() as session:
            result.fired.update(_fired_before(session, self._day))
        if self._plan_id is not None:
            with self._ledger.writing() as session:
                row = session.get_one(Plan, self._plan_id)
                row.finished_at, row.result = self._now, result.counts()
                log.append(session, _entry(result, self._plan_id, self._now))


@contextmanager
def _collector_at_rest() -> Iterator[None]:
    """Millions of tuples and not one cycle among them: walking them again and again finds nothing."""
    was_at_work = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_at_work:
            gc.enable()


def _fired_before(session: Session, day: date) -> dict[str, int]:
    """What earlier plans of the same day fired."""
    newest = (
        select(Plan.result).where(Plan.day == day, Plan.finished_at.is_not(None)).order_by(Plan.id.desc())
    )
    counts = session.scalars(newest.limit(1)).first() or {}
    return dict(counts.get("fired", {}))


def _entry(result: PlanResult, plan_id: int, now: datetime) -> log.Entry:
    calls, letters = (result.touches[channel.value] for channel in Channel)
    text = f"Plan of {result.day}: {calls} calls and {letters} letters for {result.touch_day}"
    return log.Entry(at=now, actor="planner", what="planned", about=f"plan:{plan_id}", text=text)
