"""What RQ may run, and nothing else: a table of names. Each only opens the door of the room that does it.

A job carries an attempt's id or nothing at all; what is due stands in rows, so that a job may be lost, come
twice, or die half-way (design.md 5).
"""

import os
import socket
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import Any

from rq.job import Job
from rq.timeouts import BaseTimeoutException

from outreach import errands, news
from outreach.campaigns import timetable
from outreach.campaigns.planning import expiry, planner, settling
from outreach.campaigns.suspension import daily
from outreach.campaigns.suspension.operations import send_due as send_orders
from outreach.campaigns.timetable import Run, RunName
from outreach.dialer import calls, recordings
from outreach.dialer.carrier import Carrier
from outreach.dialer.reconciling import reconcile
from outreach.intake import uploads as uploaded_files
from outreach.ledger import leases, policies, verification
from outreach.mail.mailroom import Mailroom
from outreach.mail.posting import send_due, settle_doubts
from outreach.office import Office
from outreach.reports.figures import refresh
from outreach.webhooks.collecting import collect as collect_reports
from outreach.webhooks.digest import digest as digest_reports


@dataclass(frozen=True, slots=True)
class Bench:
    """What a worker works with: the office, and what only workers may not do without."""

    office: Office
    carrier: Carrier
    room: Mailroom


_bench: Bench | None = None  # the one global of the house: RQ hands a job nothing but its arguments


def open_with(office: Office) -> None:
    """Set what jobs work with, in this process, before it works."""
    global _bench
    if office.carrier is None or office.mailer is None:
        raise ValueError("a worker needs a carrier and a mailer")
    room = Mailroom(
        ledger=office.ledger,
        mailer=office.mailer,
        clock=office.clock,
        files=office.files,
        mail_from=office.addresses.mail_from,
        reply_domain=office.addresses.reply_domain,
        keys=office.secret_keys,
        standby=office.standby,
    )
    _bench = Bench(office, office.carrier, room)


def place(attempt_id: str) -> None:
    """Make the one request of a call that a rep asked for."""
    bench = _at_work()
    calls.place(bench.office.ledger, bench.carrier, bench.office.clock, attempt_id)
    bench.office.news.tell(news.attempt(attempt_id))


def digest() -> None:
    """Take in what providers reported."""
    digest_reports(_at_work().office)


def collect() -> None:
    """Fetch what a carrier has laid down for us."""
    collect_reports(_at_work().office)


def letters() -> None:
    """Send the letters that are due."""
    bench = _at_work()
    bench.office.errands.taken_up("letters")
    if send_due(bench.room).more:
        bench.office.errands.nudge("letters")


def sweep() -> None:
    """Settle calls and letters in doubt, fetch what callers said, hear of suspension notices: each whatever
    becomes of the others."""
    bench = _at_work()
    bench.office.errands.taken_up("sweep")
    office = bench.office
    _each(
        [
            partial(settle_doubts, bench.room),
            partial(reconcile, office.ledger, bench.carrier, office.clock),
            partial(_fetch_recordings, office, bench.carrier),
            partial(daily.hear, office.ledger, now=office.clock.now()),
        ]
    )


def uploads() -> None:
    """Preview or apply the files that came by the page; then say what is open by now."""
    office = _at_work().office
    office.errands.taken_up("uploads")
    uploaded_files.work(
        office.ledger, office.clock, office.files, lambda upload_id: office.news.tell(news.upload(upload_id))
    )
    settling.settle(office.ledger, office.clock.now())
    office.errands.nudge("plan")
    office.errands.nudge("figures")
    office.news.tell(news.BOARD)
    _suspensions(office)


def operations() -> None:
    """Send what operations are asked to do: at least once, always under the same id."""
    office = _at_work().office
    office.errands.taken_up("operations")
    if office.operations:
        send_orders(office.ledger, office.operations, office.clock)


def _fetch_recordings(office: Office, carrier: Carrier) -> None:
    if recordings.fetch_due(office.ledger, carrier, office.clock, office.files):
        office.news.tell(news.INBOX)


def plan() -> None:
    """Run what the timetable says is due, one worker each."""
    office = _at_work().office
    office.errands.taken_up("plan")
    with office.ledger.reading() as session:
        due = timetable.due(session, policies.in_force(session).policy, office.clock.now())
    _each(partial(_run, office, run) for run in due)


def figures() -> None:
    """Work the board's figures out anew where an import, a plan or a new day has made them old."""
    office = _at_work().office
    office.errands.taken_up("figures")
    if refresh(office.ledger, office.clock.now()):
        office.news.tell(news.BOARD)


def _run(office: Office, run: Run) -> None:
    if _taken(office, run):
        RUNS[run.name](office, run.day)
        _finished(office, run)


def _plan_day(office: Office, day: date) -> None:
    planner.plan(office.ledger, day=day, now=office.clock.now(), listing=False)
    office.errands.nudge("letters")
    office.errands.nudge("figures")
    office.news.tell(news.BOARD)


def _suspensions(office: Office, day: date | None = None) -> None:
    """Each business day, and after an import."""
    daily.run(office.ledger, now=office.clock.now())
    office.news.tell(news.INBOX)


def _expire(office: Office, day: date) -> None:
    expiry.expire(office.ledger, day, now=office.clock.now())


def _anchor(office: Office, day: date) -> None:
    """The heads of all chains, in the log and, synced before that, in a file to be kept elsewhere."""
    folder = office.files / "anchors"
    folder.mkdir(parents=True, exist_ok=True)
    with office.ledger.writing() as session:
        lines = verification.anchor(session, at=office.clock.now(), actor="timetable")
        _write_synced(folder / f"{day.isoformat()}.txt", lines)


def _write_synced(path: Path, text: str) -> None:
    with path.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())


def _taken(office: Office, run: Run) -> bool:
    wall = office.clock.wall()
    with office.ledger.writing() as session:
        return leases.take(session, run.lease, holder=_holder(), until=wall + timetable.LONGEST, now=wall)


def _finished(office: Office, run: Run) -> None:
    with office.ledger.writing() as session:
        leases.finish(session, run.lease, holder=_holder(), now=office.clock.wall())


def _each(steps: Iterable[Callable[[], object]]) -> None:
    """Take every step, whatever becomes of the others. Raises in the end what was raised on the way."""
    errors: list[Exception] = []
    for step in steps:
        try:
            step()
        except BaseTimeoutException:
            raise  # RQ ends the whole job
        except Exception as error:  # noqa: BLE001 - raised below
            errors.append(error)
    if errors:
        raise ExceptionGroup("not every step was taken", errors)


def _holder() -> str:
    return f"{socket.gethostname()}:{os.getpid()}"  # a fork is another holder


def _at_work() -> Bench:
    if _bench is None:
        raise RuntimeError("this process is no worker: call jobs.open_with first")
    return _bench


RUNS: Mapping[RunName, Callable[[Office, date], None]] = MappingProxyType(
    {"expire": _expire, "suspensions": _suspensions, "plan": _plan_day, "anchor": _anchor}
)
JOBS: Mapping[str, Callable[..., None]] = MappingProxyType(
    {
        errands.PLACE: place,
        "digest": digest,
        "letters": letters,
        "sweep": sweep,
        "plan": plan,
        "figures": figures,
        "uploads": uploads,
        "collect": collect,
        "operations": operations,
    }
)


class Errand(Job):
    """A job of RQ whose name is looked up in our table, and never imported."""

    @property
    def func(self) -> Callable[..., Any]:
        name = self.func_name
        if name is None or name not in JOBS:
            raise PermissionError("a job that is not on the list was asked for")
        return JOBS[name]
