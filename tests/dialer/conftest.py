"""A call centre for each test, on both databases."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from outreach.ledger.base import Ledger
from tests.dialer.centre import Centre, Desk, call_centre, desk
from tests.dialer.connect_centre import ConnectCentre, connect_centre


@pytest.fixture
def centre(ledger: Ledger, redis_url: str, tmp_path: Path) -> Iterator[Centre]:
    with call_centre(ledger, redis_url, tmp_path) as running:
        yield running


@pytest.fixture
def quiet(ledger: Ledger, redis_url: str, tmp_path: Path) -> Iterator[Desk]:
    """The same people without a carrier: whatever is reported, the test reports."""
    with desk(ledger, redis_url, tmp_path) as staffed:
        yield staffed


@pytest.fixture
def connect(ledger: Ledger, redis_url: str, tmp_path: Path) -> Iterator[ConnectCentre]:
    with connect_centre(ledger, redis_url, tmp_path) as running:
        yield running
