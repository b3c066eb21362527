import pytest

from outreach.ledger.base import Ledger
from tests.campaigns.book import Book


@pytest.fixture
def book(ledger: Ledger) -> Book:
    return Book(ledger)
