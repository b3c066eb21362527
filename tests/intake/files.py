"""Files for the tests of the intake, written as an accounting system would write them."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

HEADER = ("Customer ID", "Invoice number", "Invoice date", "Due date", "Open amount")

SHARED = Path(__file__).parents[3] / "shared" / "data"
"""real files of other systems, beside the repository; tests that use them skip where they are absent"""
IBM = SHARED / "ar" / "ibm_accounts_receivable.csv"
QUICKBOOKS = SHARED / "headers" / "qbo_ar_aging_detail.csv"


def write(folder: Path, *lines: str | Iterable[str], name: str = "open_invoices.csv") -> Path:
    """A CSV file of these lines; a line given as cells is joined by commas as it is."""
    path = folder / name
    texts = [line if isinstance(line, str) else ",".join(line) for line in lines]
    path.write_text("\n".join(texts) + "\n", encoding="utf-8", newline="")
    return path


def write_bytes(folder: Path, content: bytes, name: str = "open_invoices.csv") -> Path:
    path = folder / name
    path.write_bytes(content)
    return path
