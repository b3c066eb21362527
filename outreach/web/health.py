"""For machines that watch us: alive, able to work, and how much waits (Prometheus)."""

from collections.abc import Iterator

from flask import Blueprint, Response
from flask.typing import ResponseReturnValue
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from outreach.ledger import vital_signs
from outreach.office import Office
from outreach.web.access import allow, office

bp = Blueprint("health", __name__)

LABELS = {
    "calls_live": ("state",),
    "letters_in_doubt": ("state",),
    "touches_unended": ("channel", "state"),
    "events_waiting": ("provider", "state"),
    "tasks_open": ("for_role",),
    "holds_standing": ("kind",),
}


@bp.get("/healthz")
@allow("anyone")
def alive() -> ResponseReturnValue:
    """This process answers."""
    return "ok\n", {"Content-Type": "text/plain; charset=utf-8"}


@bp.get("/readyz")
@allow("anyone")
def ready() -> ResponseReturnValue:
    """Able to work? Without Redis or a tick we are degraded and still answer 200: pages, sign-in and the door
    work, and whoever watches must not take the door away (P7). Without the database it is 503.
    """
    here = office()
    with here.ledger.reading() as session:
        signs = vital_signs.signs(session, here.clock.wall())
    redis = here.errands.alive()
    return {
        "status": "ready" if redis and signs.ticking else "degraded",
        "database": "ok",
        "redis": "ok" if redis else "does not answer: nothing is called or sent",
        "tick": "ok" if signs.ticking else "stands still: start `outreach tick`",
        "ledger_as_of": signs.ledger_as_of.isoformat() if signs.ledger_as_of else None,
        "imported_at": signs.imported_at.isoformat() if signs.imported_at else None,
    }


@bp.get("/metrics")
@allow("anyone")
def metrics() -> ResponseReturnValue:
    """Counts and nothing that names a customer. Read from rows, so every process tells the same."""
    registry = CollectorRegistry()
    registry.register(_Rows(office()))
    return Response(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)


class _Rows(Collector):
    def __init__(self, here: Office) -> None:
        self._office = here

    def collect(self) -> Iterator[Metric]:
        wall = self._office.clock.wall()
        with self._office.ledger.reading() as session:
            counts, oldest = vital_signs.waiting(session), vital_signs.oldest_event(session, wall)
            signs = vital_signs.signs(session, wall)
        for name, rows in counts.items():
            gauge = GaugeMetricFamily(f"outreach_{name}", name.replace("_", " "), labels=LABELS[name])
            for labels, count in rows.items():
                gauge.add_metric(labels, count)
            yield gauge
        yield _gauge("events_oldest_seconds", "age of the oldest undigested event", oldest.total_seconds())
        yield _gauge("redis_up", "1 if Redis answers", self._office.errands.alive())
        yield _gauge("ticking", "1 if a tick holds its lease", signs.ticking)


def _gauge(name: str, words: str, value: float) -> Metric:
    return GaugeMetricFamily(f"outreach_{name}", words, value=value)
