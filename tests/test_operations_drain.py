"""Orders to operations through the jobs: the tick wakes the drain while one waits, the drain sends it."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pytest

from outreach import jobs
from outreach.campaigns.suspension.standard_webhooks import OperationsHook
from outreach.errands import Errands, NoErrands
from outreach.ledger.base import Ledger
from outreach.news import News
from outreach.office import Addresses, DoorKeys, Office
from outreach.rules.suspension import Event
from outreach.tick import tick
from tests.campaigns.book import Book
from tests.campaigns.casework import Casework, ridgeway, walked_to_due
from tests.campaigns.operations_desk import SECRET, OperationsDesk, operations_desk


@pytest.fixture
def desk() -> Iterator[OperationsDesk]:
    with operations_desk() as opened:
        yield opened


@pytest.fixture
def casework(ledger: Ledger, tmp_path: Path) -> Casework:
    found = ridgeway(Book(ledger), tmp_path)
    walked_to_due(found)
    return found


@pytest.fixture
def office(casework: Casework, desk: OperationsDesk, redis_url: str, tmp_path: Path) -> Office:
    nobody = cast(Any, object())  # who rings and who writes has no part in it
    return Office(
        ledger=casework.book.ledger,
        clock=casework.clock,
        errands=Errands(redis_url),
        news=News(None),
        files=tmp_path,
        addresses=Addresses("http://127.0.0.1:8000", "billing@outreach.example", "reply.outreach.example"),
        keys=DoorKeys(),
        secret_keys=("a" * 32,),
        carrier=nobody,
        mailer=nobody,
        operations=OperationsHook(desk.url, SECRET),
    )


def test_the_drain_sends_what_the_tick_finds_waiting(
    casework: Casework, desk: OperationsDesk, office: Office
) -> None:
    assert "operations" not in tick(office, "one")
    casework.decide(Event.CONFIRMED, "sam")
    assert "operations" not in tick(replace(office, operations=None), "one"), "nobody would send it"
    assert "operations" in tick(office, "one")
    jobs.open_with(replace(office, errands=NoErrands()))
    jobs.operations()
    assert [body["type"] for _, body in desk.came] == ["suspension.requested"]
    assert "operations" not in tick(office, "one")
