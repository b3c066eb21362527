"""The door, without a server, over a real database with the standing cast in it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from outreach.ledger.base import Ledger
from tests.dialer.centre import Desk, desk
from tests.webhooks.visitor import Visitor


@pytest.fixture
def staffed(ledger: Ledger, redis_url: str, tmp_path: Path) -> Iterator[Desk]:
    with desk(ledger, redis_url, tmp_path) as found:
        yield found


@pytest.fixture
def twilio(staffed: Desk) -> Visitor:
    return Visitor(staffed)
