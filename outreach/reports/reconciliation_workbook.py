"""A reconciliation as an Excel workbook: one sheet a part. No cell of it is ever taken for a formula."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from xlsxwriter import Workbook
from xlsxwriter.worksheet import Worksheet

MEDIA_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
BOTH = ("ours", "theirs", "equal", "currency", "our_amount", "their_currency", "their_amount")
ALONE = ("invoice", "currency", "amount", "remark")
AMOUNTS = {"our_amount", "their_amount", "amount"}
WIDTH = 18


def workbook(document: Mapping[str, Any], made_at: datetime) -> bytes:
    """The workbook of a reconciliation's document. The same document and moment give the same sheets."""
    buffer = io.BytesIO()
    book = Workbook(buffer, {"in_memory": True})
    book.set_properties({"title": f"{document['account']}, {document['file']}", "created": _naive(made_at)})
    different = [row for row in document["both"] if not row["equal"]]
    equal = [row for row in document["both"] if row["equal"]]
    for name, columns, rows in (
        ("Different", BOTH, different),
        ("Ours only", ALONE, document["ours_only"]),
        ("Theirs only", ALONE, document["theirs_only"]),
        ("Equal", BOTH, equal),
    ):
        _fill(book.add_worksheet(name), columns, rows)
    book.close()
    return buffer.getvalue()


def _fill(sheet: Worksheet, columns: Sequence[str], rows: Sequence[Mapping[str, Any]]) -> None:
    sheet.freeze_panes(1, 0)
    sheet.set_column(0, len(columns) - 1, WIDTH)
    for place, column in enumerate(columns):
        sheet.write_string(0, place, column.replace("_", " "))
    for line, row in enumerate(rows, start=1):
        for place, column in enumerate(columns):
            _write(sheet, line, place, column, row[column])


def _write(sheet: Worksheet, line: int, place: int, column: str, cell: Any) -> None:
    if column in AMOUNTS:
        sheet.write_number(line, place, float(cell))
    elif cell not in ("", None):
        sheet.write_string(line, place, ("yes" if cell else "no") if isinstance(cell, bool) else str(cell))


def _naive(moment: datetime) -> datetime:
    return moment.replace(tzinfo=None)
