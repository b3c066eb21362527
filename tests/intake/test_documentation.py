"""What docs/files.md says of files holds."""

from __future__ import annotations

import re
from pathlib import Path

from outreach.intake.columns import read_overrides
from outreach.intake.vocabulary import (
    CONTACT_FILE_COLUMNS,
    DOCUMENT_COLUMNS,
    INVOICE_COLUMNS,
    SALES_COLUMNS,
    letters,
)
from outreach.ledger.documents import KINDS
from outreach.reports.log_export import HEADERS

DOCUMENT = (Path(__file__).parents[2] / "docs" / "files.md").read_text(encoding="utf-8")


def test_the_mapping_file_shown_can_be_used(tmp_path: Path) -> None:
    [shown] = re.findall(r"```toml\n(.*?)```", DOCUMENT, re.DOTALL)
    path = tmp_path / "mapping.toml"
    path.write_text(shown, encoding="utf-8")
    overrides = read_overrides(path, INVOICE_COLUMNS)
    assert overrides.columns == {"due_on": "Fällig am", "disputed": ""}
    assert overrides.sheet == "Open AR"


def test_the_columns_listed_exist() -> None:
    named = columns_listed("# The files you bring")
    assert {name for cell in named for name in re.findall(r"[a-z_]+", cell)} <= set(INVOICE_COLUMNS)
    [contacts] = re.findall(r"`(account,name,.*?)`", DOCUMENT)
    known = {name for names in CONTACT_FILE_COLUMNS.values() for name in names}
    assert {letters(name) for name in contacts.split(",")} <= known


def columns_listed(heading: str) -> list[str]:
    """The first cells of the table under a heading of the first level."""
    [text] = re.findall(rf"^{heading}.*?(?=^# |\Z)", DOCUMENT, re.MULTILINE | re.DOTALL)
    first, *cells = re.findall(r"^\| ([a-z_, .-]+) \|", text, re.MULTILINE)
    assert first == "column"
    return cells


def test_the_columns_of_the_log_taken_away_are_all_listed() -> None:
    listed = columns_listed("# The file you take away")
    assert [name for cell in listed for name in cell.split(", ")] == list(HEADERS)


def test_the_columns_of_documents_and_sales_are_those_listed() -> None:
    [documents] = re.findall(r"`(account,invoice,kind,.*?)`", DOCUMENT)
    assert documents.split(",") == list(DOCUMENT_COLUMNS)
    [sales] = re.findall(r"`(month,.*?)`", DOCUMENT)
    assert sales.split(",") == list(SALES_COLUMNS)
    assert all(f"`{kind}`" in DOCUMENT for kind in KINDS)
