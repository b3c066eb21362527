"""Bytes become rows; a broken row costs itself and no other."""

from __future__ import annotations

from pathlib import Path

import pytest

from outreach.intake.problems import FileRefused
from outreach.intake.reading import Row, open_table
from tests.intake.files import write_bytes


def rows(folder: Path, content: bytes, width: int | None = None) -> list[Row]:
    table = open_table(write_bytes(folder, content))
    table.width = width
    return list(table.rows())


def cells(folder: Path, content: bytes) -> list[list[str]]:
    return [row.cells for row in rows(folder, content)]


@pytest.mark.parametrize(
    "content",
    [
        "née,Zoë\n1,2\n".encode(),
        b"\xef\xbb\xbf" + "née,Zoë\n1,2\n".encode(),
        "née,Zoë\n1,2\n".encode("cp1252"),
        "née,Zoë\n1,2\n".encode("utf-16"),
        b"\xfe\xff" + "née,Zoë\n1,2\n".encode("utf-16-be"),
        "née,Zoë\n1,2\n".encode("utf-16-le"),
        "née,Zoë\n1,2\n".encode("utf-16-be"),
        "née,Zoë\n1,2\n".encode("utf-32"),
        "née,Zoë\r1,2\r".encode(),
        "née,Zoë\r\n1,2\r\n".encode(),
        "née,Zoë\r\r\n\r\n1,2".encode(),
        'née,"Zoë"\n "1", "2" \n'.encode(),
    ],
)
def test_encodings_and_line_ends(tmp_path: Path, content: bytes) -> None:
    assert cells(tmp_path, content) == [["née", "Zoë"], ["1", "2"]]


@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_a_file_of_two_encodings_is_read_right_in_both(tmp_path: Path, mark: bytes) -> None:
    path = write_bytes(tmp_path, mark + "Zoë,1\n".encode() + "Zoë,2\n".encode("cp1252"))
    table = open_table(path)
    assert [row.cells for row in table.rows()] == [["Zoë", "1"], ["Zoë", "2"]]
    assert "Windows-1252" in table.warnings[0]


def test_lines_are_counted_over_embedded_newlines_and_blank_lines(tmp_path: Path) -> None:
    found = rows(tmp_path, b'a,b\n\n"one\ntwo",c\n,,\nd,e\n', width=2)
    assert [(row.line, row.cells) for row in found] == [
        (1, ["a", "b"]),
        (3, ["one\ntwo", "c"]),
        (6, ["d", "e"]),
    ]


BROKEN = {
    "a quote that is never closed": (b'"ACME,1', "quote"),
    "a quote closed rows later": (b'"ACME,1\ngood,2\nx,3"', "quote"),
    "a quote met by the next row's": (b'"ACME,1\n"good",2', "quote"),
    "a cell of 10 MB": (b"x" * 10_000_000 + b",1", "longer than a million"),
    "a cell of 200 kB": (b"x" * 200_000 + b",1", "too long"),
    "a NUL": (b"AC\0ME,1", "NUL"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_row_is_reported_with_its_line_and_the_others_come_in(tmp_path: Path, name: str) -> None:
    content, why = BROKEN[name]
    found = rows(tmp_path, b"a,b\nfirst,1\n" + content + b"\nlast,9\n", width=2)
    assert next(row.line for row in found if row.trouble) == 3
    assert why in next(row.trouble for row in found if row.trouble)
    good = [row.cells for row in found if not row.trouble]
    assert good[:2] == [["a", "b"], ["first", "1"]]
    assert good[-1] == ["last", "9"]
    assert ["good", "2"] in good or b"good" not in content


def test_a_quote_opened_in_the_last_line_does_not_hide_it(tmp_path: Path) -> None:
    assert [row.trouble != "" for row in rows(tmp_path, b'a,b\nc,"d')] == [False, True]


def test_a_thousand_stray_quotes_cost_a_thousand_rows_and_no_more(tmp_path: Path) -> None:
    content = b"".join(b'"x,%d\n%d,2\n' % (n, n) for n in range(999))
    found = rows(tmp_path, content, width=2)
    assert sum(not row.trouble for row in found) >= 999


REFUSED = {
    "empty": (b"", "is empty"),
    "blank": (b"\xef\xbb\xbf \r\n\n", "is empty"),
    "pdf": (b"%PDF-1.7", "a PDF"),
    "gzip": (b"\x1f\x8b\x08\x00", "a gzip archive"),
    "html": (b"<html><table>", "an HTML or XML page"),
    "json": (b'{"invoices": []}', "a JSON document"),
    "picture": (bytes(range(256)) * 8 + b"\0" * 900, "not a text file"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_no_csv_is_refused_with_one_sentence_that_says_what_to_do(tmp_path: Path, name: str) -> None:
    content, why = REFUSED[name]
    with pytest.raises(FileRefused, match=why) as refused:
        open_table(write_bytes(tmp_path, content))
    assert str(refused.value).endswith(".")
    assert "\n" not in str(refused.value)


def test_what_is_no_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FileRefused, match="does not exist"):
        open_table(tmp_path / "nothing.csv")
    with pytest.raises(FileRefused, match="not a regular file"):
        open_table(tmp_path)


def test_a_file_that_cannot_be_read_is_refused() -> None:
    with pytest.raises(FileRefused, match="cannot be read"):
        open_table(Path("/proc/self/mem"))  # opens, and fails to read even for root
