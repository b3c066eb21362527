"""The tick: twice a minute it wakes every drain, and the timetable's runs when their hour has come.

It does none of the work and keeps no time of its own: what is due stands in rows (design.md 5), so a lost
nudge costs one round. Any number of ticks may run: one holds the lease, the others wait for it to lapse.
"""

import os
import signal
import socket
from datetime import timedelta
from threading import Event

import structlog
from sqlalchemy.exc import OperationalError

from outreach import bootstrap, settings
from outreach.campaigns import timetable
from outreach.errands import DRAINS, Drain
from outreach.intake import uploads
from outreach.ledger import figures, leases, orders, policies
from outreach.ledger.vital_signs import TICK
from outreach.logs import speak_json
from outreach.office import Office

ROUND = timedelta(seconds=30)
LAPSES = 2 * ROUND

log = structlog.get_logger()


def run() -> None:
    """Tick until SIGTERM or Ctrl+C. Raises BadSettings or NotConnectedError before the first round."""
    speak_json()
    office = bootstrap.service_office(settings.load())
    stop = Event()
    for signum in (signal.SIGTERM, signal.SIGINT):
        signal.signal(signum, lambda *_: stop.set())
    holder = f"{socket.gethostname()}:{os.getpid()}"
    while not stop.is_set():
        try:
            tick(office, holder)
        except OperationalError as trouble:  # the database is away; so are our rounds until it is back
            log.warning("the tick missed a round", error=str(trouble.orig))
        stop.wait(ROUND.total_seconds())


def tick(office: Office, holder: str) -> list[Drain]:
    """One round. Answers which drains it woke: none of them where another tick holds the lease."""
    wall = office.clock.wall()
    with office.ledger.writing() as session:
        if not leases.take(session, TICK, holder=holder, until=wall + LAPSES, now=wall):
            return []
    return [drain for drain in _wanted(office) if office.errands.nudge(drain)]


def _wanted(office: Office) -> list[Drain]:
    now = office.clock.now()
    with office.ledger.reading() as session:
        policy = policies.in_force(session).policy
        idle = {
            "plan": not timetable.due(session, policy, now),
            "figures": not figures.are_stale(session, policy.today(now)),
            "uploads": not uploads.waiting(session, office.clock.wall()),
            "collect": office.events is None,
            "operations": office.operations is None or not orders.are_waiting(session, office.clock.wall()),
        }
    return [drain for drain in DRAINS if not idle.get(drain)]
