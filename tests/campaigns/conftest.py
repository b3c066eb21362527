from pathlib import Path

import pytest

from outreach.ledger.base import Ledger
from tests.campaigns.book import Book
from tests.campaigns.casework import Casework, ridgeway


@pytest.fixture
def book(ledger: Ledger) -> Book:
    return Book(ledger)


@pytest.fixture
def casework(book: Book, tmp_path: Path) -> Casework:
    return ridgeway(book, tmp_path)
