"""A file of bytes becomes rows of cells, each with the line it starts on. No file is held whole."""

from __future__ import annotations

import codecs
import csv
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import takewhile
from pathlib import Path
from typing import NamedTuple, TextIO

from outreach.intake.problems import FileRefused

LONGEST_LINE = 1_000_000
MOST_LINES_A_ROW = 100
_HEAD = 4096

_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),  # before UTF-16, whose mark it begins with
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)

_UTF_8 = ("utf-8", "utf-8-sig")

ARCHIVE = b"PK\x03\x04"
"""how a zip archive begins, and so a workbook"""
OLD_CONTAINER = b"\xd0\xcf\x11\xe0"
"""how an .xls begins, and any workbook under a password"""

_OTHER_FORMATS = (
    (b"%PDF", "a PDF document"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"{", "a JSON document"),
    (b"<", "an HTML or XML page"),
)


class Row(NamedTuple):
    """One record: the physical line it starts on, its stripped cells, and why it cannot be used."""

    line: int
    cells: list[str]
    trouble: str = ""


@dataclass
class CsvTable:
    """One delimited text file, readable any number of times."""

    path: Path
    encoding: str
    delimiter: str = ","
    width: int | None = None
    """the header's number of cells, once it is known"""
    one_line: Sequence[int] = ()
    """cells that never hold a line break, such as ids, dates and amounts"""
    warnings: list[str] = field(default_factory=list)

    def rows(self) -> Iterator[Row]:
        """Every record that is not blank, in the order of the file; a broken one carries its `trouble`."""
        with self._open() as text:
            yield from _records(text, self)

    def rows_before(self, line: int) -> list[Row]:
        """The rows above a line: a report's titles."""
        return list(takewhile(lambda row: row.line < line, self.rows()))

    def _open(self) -> TextIO:
        errors = "windows-1252" if self.encoding in _UTF_8 else "replace"
        return self.path.open("r", encoding=self.encoding, errors=errors, newline="")


def open_table(path: Path) -> CsvTable:
    """Recognise the file and its encoding.

    Raises FileRefused for what is no delimited text: missing, empty, a workbook, a PDF, a web page.
    """
    head = head_of(path)
    encoding = _encoding_of(head)
    if not head.strip(b"\xef\xbb\xbf\xff\xfe\x00 \t\r\n"):
        raise FileRefused(f"{path.name} is empty; export it again as CSV.")
    _refuse_other_formats(path, head.lstrip(b"\xef\xbb\xbf \t\r\n"), encoding)
    table = CsvTable(path, encoding)
    if encoding in _UTF_8 and not _is_utf8(path):
        table.warnings.append("Some characters are not UTF-8; they were read as Windows-1252.")
    return table


def head_of(path: Path) -> bytes:
    """The first bytes of a file. Raises FileRefused for what cannot be read."""
    if not path.exists():
        raise FileRefused(f"{path} does not exist; check the path.")
    if not path.is_file():
        raise FileRefused(f"{path} is not a regular file; give the path of a CSV file.")
    try:
        with path.open("rb") as file:
            return file.read(_HEAD)
    except OSError as error:
        raise FileRefused(f"{path} cannot be read ({error.strerror}); check its permissions.") from error


def _encoding_of(head: bytes) -> str:
    for mark, encoding in _BOMS:
        if head.startswith(mark):
            return encoding
    # UTF-16 without a mark: of most characters one byte is 0, and always the same one.
    even, odd = head[0::2].count(0), head[1::2].count(0)
    if odd > max(len(head) // 4, 10 * even):
        return "utf-16-le"
    if even > max(len(head) // 4, 10 * odd):
        return "utf-16-be"
    return "utf-8"


def _refuse_other_formats(path: Path, head: bytes, encoding: str) -> None:
    for magic, what in _OTHER_FORMATS:
        if head.startswith(magic):
            raise FileRefused(f"{path.name} is {what}; save the sheet as CSV (UTF-8) and import that.")
    if encoding == "utf-8" and head.count(0) > len(head) // 10:
        raise FileRefused(f"{path.name} is not a text file; export the open invoices as CSV (UTF-8).")


def _is_utf8(path: Path) -> bool:
    decoder = codecs.getincrementaldecoder("utf-8")()
    with path.open("rb") as file:
        try:
            while chunk := file.read(1 << 20):
                decoder.decode(chunk)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            return False
    return True


def _as_windows_1252(error: UnicodeError) -> tuple[str, int]:
    """Only the bytes that are not UTF-8: files glued together from two systems hold both."""
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return error.object[error.start : error.end].decode("cp1252", errors="replace"), error.end


codecs.register_error("windows-1252", _as_windows_1252)


class _Runaway(Exception):
    """A record spans more lines than any real one: a quote was opened and never closed."""


class _Lines:
    """Physical lines that can be put back, so that a stray quote does not swallow good rows."""

    def __init__(self, text: TextIO) -> None:
        self._text = text
        self._put_back: deque[str] = deque()
        self.taken: list[str] = []
        self.ended = self.clipped = False

    def begin_record(self) -> None:
        self.taken = []
        self.ended = self.clipped = False

    def replay(self) -> None:
        """Put back all lines of the record but its first."""
        self._put_back.extendleft(reversed(self.taken[1:]))
        del self.taken[1:]

    def __iter__(self) -> _Lines:
        return self

    def __next__(self) -> str:
        if len(self.taken) == MOST_LINES_A_ROW:
            raise _Runaway
        line = self._put_back.popleft() if self._put_back else self._read()
        if not line:
            self.ended = True
            raise StopIteration
        self.taken.append(line)
        return line

    def _read(self) -> str:
        line = self._text.readline(LONGEST_LINE)
        if len(line) < LONGEST_LINE or line[-1] in "\r\n":
            return line
        while rest := self._text.readline(LONGEST_LINE):
            if rest[-1] in "\r\n":
                break
        self.clipped = True
        return "\n"


def _records(text: TextIO, table: CsvTable) -> Iterator[Row]:
    lines = _Lines(text)
    reader = csv.reader(lines, delimiter=table.delimiter, skipinitialspace=True)
    line = 1
    while True:
        lines.begin_record()
        cells: list[str] = []
        try:
            cells = next(reader)
            trouble = _trouble(lines, cells, table)
        except StopIteration:
            return
        except _Runaway:
            trouble = "a quote is opened and not closed"
        except csv.Error:
            trouble = "a cell is too long or a quote is not closed"
        if trouble:
            lines.replay()
            yield Row(line, [lines.taken[0].strip()], trouble)
        elif any(stripped := [cell.strip() for cell in cells]):
            yield Row(line, stripped)
        line += len(lines.taken)


def _trouble(lines: _Lines, cells: list[str], table: CsvTable) -> str:
    if lines.clipped:
        return "the line is longer than a million characters"
    # The reader asks for a line beyond the last only inside an open quote.
    if lines.ended:
        return "a quote is opened and not closed"
    if len(lines.taken) > 1 and not _is_one_record(lines.taken, cells, table):
        return "a quote is opened and closed on a later line, and what is between is no cell"
    if any("\0" in line for line in lines.taken):
        return "the row holds NUL characters"
    return ""


def _is_one_record(lines: list[str], cells: list[str], table: CsvTable) -> bool:
    """One line may be read leniently; over several, a stray quote would give a row the cells of another."""
    if table.width is not None and len(cells) != table.width:
        return False
    if any("\n" in cells[index] or "\r" in cells[index] for index in table.one_line):
        return False
    try:
        strict = csv.reader(lines, delimiter=table.delimiter, skipinitialspace=True, strict=True)
        return len(list(strict)) == 1
    except csv.Error:
        return False
