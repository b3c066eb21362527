"""What keeps the demo's clock from moving on, and what does not."""

from datetime import timedelta

import pytest

from outreach.ledger.base import Ledger
from outreach.ledger.letters import Letter
from outreach.ledger.quiet import next_due, under_way
from outreach.ledger.touches import Touch
from tests.reports.test_conservation import NOW, seed

DOUBT = timedelta(hours=2)
CALL, EMAIL = 1, 2


@pytest.fixture
def seeded(ledger: Ledger) -> Ledger:
    with ledger.writing() as session:
        seed(session)
    return ledger


def busy_with(ledger: Ledger) -> dict[str, int]:
    with ledger.reading() as session:
        return under_way(session, NOW, NOW)


def test_what_has_ended_keeps_nobody_busy(seeded: Ledger) -> None:
    assert busy_with(seeded) == {}


def test_a_call_waits_to_be_saved(seeded: Ledger) -> None:
    with seeded.writing() as session:
        session.get_one(Touch, CALL).state = "started"
    assert busy_with(seeded) == {"calls to save": 1}


def test_a_letter_in_doubt_waits_for_the_clock_and_not_the_clock_for_it(seeded: Ledger) -> None:
    with seeded.writing() as session:
        session.get_one(Touch, EMAIL).state = "started"
        letter = session.get_one(Letter, "letter1")
        letter.state, letter.created_at = "unknown", NOW - timedelta(minutes=30)
    assert busy_with(seeded) == {}
    with seeded.reading() as session:
        assert next_due(session, NOW, doubt=DOUBT) == NOW + timedelta(minutes=90)
