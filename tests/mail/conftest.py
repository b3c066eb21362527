"""A post office for each test, on both databases."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from outreach.ledger.base import Ledger
from outreach.mail.letter_templates import SHIPPED
from tests.mail.post_office import PostOffice, post_office


@pytest.fixture
def office(ledger: Ledger, tmp_path: Path) -> Iterator[PostOffice]:
    with post_office(ledger, tmp_path) as opened:
        yield opened


@pytest.fixture
def bad_templates(tmp_path: Path) -> Path:
    """The shipped templates, but the first follow-up names a fact that does not exist."""
    folder = shutil.copytree(SHIPPED, tmp_path / "templates")
    words = folder / "followup_5.j2"
    words.write_text(words.read_text().replace("letter.past_due_count == 1", "letter.nonsense == 1", 1))
    return folder
