"""Whose desk an account is on: the rep's, and that of who covers them."""

from datetime import UTC, datetime

import pytest

from outreach.ledger import people
from outreach.ledger.base import Ledger
from outreach.ledger.people import User

NOW = datetime(2026, 11, 23, 15, 0, tzinfo=UTC)


@pytest.fixture
def staffed(ledger: Ledger) -> Ledger:
    def rep(n: int, login: str, cover: int | None = None) -> User:
        return User(
            id=n, login=login, role="rep", name=login, password_hash="-", cover_id=cover, created_at=NOW
        )

    with ledger.writing() as session:
        session.add(rep(1, "ben"))
        session.flush()
        session.add_all([rep(2, "ana", cover=1), rep(3, "cleo")])
    return ledger


@pytest.mark.parametrize(
    ("rep_id", "logins"), [(1, {"ben"}), (2, {"ana", "ben"}), (3, {"cleo"}), (None, set())]
)
def test_a_covered_desk_is_two(staffed: Ledger, rep_id: int | None, logins: set[str]) -> None:
    with staffed.reading() as session:
        assert set(people.logins_at_desk(session, rep_id)) == logins
