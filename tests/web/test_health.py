"""What the machines that watch us are told."""

from datetime import timedelta

import pytest
from prometheus_client.parser import text_string_to_metric_families

from outreach.app import create_app
from outreach.ledger.base import Ledger
from outreach.ledger.inbox import Arrival, store
from outreach.office import Office
from outreach.tick import tick
from tests.hand_clock import HandClock
from tests.web.conftest import Person, make_office


@pytest.fixture
def redis_office(office: Office, clock: HandClock, redis_url: str) -> Office:
    return make_office(office.ledger, clock, office.files, redis_url=redis_url)


def ready(office: Office) -> dict[str, object]:
    answer = create_app(office).test_client().get("/readyz")
    assert answer.status_code == 200
    document: dict[str, object] = answer.json or {}
    return document


def test_alive(nobody: Person) -> None:
    assert nobody.get("/healthz").text == "ok\n"


def test_ready_once_redis_answers_and_a_tick_runs(redis_office: Office, clock: HandClock) -> None:
    assert ready(redis_office)["status"] == "degraded"
    tick(redis_office, "here")
    assert ready(redis_office) == {
        "status": "ready",
        "database": "ok",
        "redis": "ok",
        "tick": "ok",
        "ledger_as_of": "2026-11-23",
        "imported_at": "2026-11-23T14:00:00+00:00",
    }
    clock.ahead = timedelta(minutes=5)
    assert "outreach tick" in str(ready(redis_office)["tick"])


def test_p7_without_redis_we_are_degraded_and_the_door_stays_open(office: Office) -> None:
    document = ready(office)
    assert document["status"] == "degraded"
    assert "nothing is called or sent" in str(document["redis"])


def test_metrics_count_what_waits(ledger: Ledger, nobody: Person, clock: HandClock) -> None:
    with ledger.writing() as session:
        arrival = Arrival("k1", "status", None, b"{}")
        store(session, "twilio", arrival, wall=clock.wall() - timedelta(minutes=3))
    figures = {
        (sample.name, *sorted(sample.labels.values())): sample.value
        for family in text_string_to_metric_families(nobody.get("/metrics").text)
        for sample in family.samples
    }
    assert figures["outreach_events_waiting", "new", "twilio"] == 1
    assert 170 < figures["outreach_events_oldest_seconds",] < 200
    assert figures["outreach_touches_unended", "call", "open"] == 8
    assert figures["outreach_holds_standing", "dispute"] == 1
    assert figures["outreach_redis_up",] == 0


def test_metrics_name_no_customer(nobody: Person) -> None:
    text = nobody.get("/metrics").text
    assert "Harbor" not in text
    assert "HARBOR" not in text
