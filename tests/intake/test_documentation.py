"""What docs/files.md says of files holds."""

from __future__ import annotations

import re
from pathlib import Path

from outreach.intake.columns import read_overrides
from outreach.intake.vocabulary import CONTACT_FILE_COLUMNS, INVOICE_COLUMNS, letters

DOCUMENT = (Path(__file__).parents[2] / "docs" / "files.md").read_text(encoding="utf-8")


def test_the_mapping_file_shown_can_be_used(tmp_path: Path) -> None:
    [shown] = re.findall(r"```toml\n(.*?)```", DOCUMENT, re.DOTALL)
    path = tmp_path / "mapping.toml"
    path.write_text(shown, encoding="utf-8")
    assert read_overrides(path, INVOICE_COLUMNS).columns == {"due_on": "Fällig am", "disputed": ""}


def test_the_columns_listed_exist() -> None:
    listed = re.findall(r"^\| ([a-z_, .]+) \|", DOCUMENT, re.MULTILINE)
    named = {name for cell in listed for name in re.findall(r"[a-z_]+", cell)} - {"column"}
    assert named <= set(INVOICE_COLUMNS)
    [contacts] = re.findall(r"`(account,name,.*?)`", DOCUMENT)
    known = {name for names in CONTACT_FILE_COLUMNS.values() for name in names}
    assert {letters(name) for name in contacts.split(",")} <= known
