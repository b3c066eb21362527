"""What is wrong with a file (it is refused) or with a row of it (the row is left out and reported)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

SHOWN_VALUE = 80
KEPT_PROBLEMS = 1_000


class FileRefused(Exception):
    """The whole file is refused; the message is one sentence for the user that says what to do."""


class SourceBusy(FileRefused):
    """Another import of the same source is at work: the same again, later, may do."""


class BadCell(ValueError):
    """A cell cannot be read; the message says why, in the words shown to the user."""


@dataclass(frozen=True, slots=True)
class Problem:
    """A row left out: its line, the column's header as the file writes it, the value and the reason."""

    line: int
    column: str
    value: str
    why: str


@dataclass
class ProblemList:
    """The first problems of a file and the count of all: a file of nothing else uses bounded memory too."""

    kept: list[Problem] = field(default_factory=list)
    count: int = 0

    def add(self, line: int, column: str, value: str, why: str) -> None:
        """Note one problem; beyond the first thousand only the count grows."""
        self.count += 1
        if len(self.kept) < KEPT_PROBLEMS:
            self.kept.append(Problem(line, column, shorten(value), why))

    def in_order(self) -> list[Problem]:
        """The kept problems in the order of the file."""
        return sorted(self.kept, key=lambda problem: problem.line)

    def __iter__(self) -> Iterator[Problem]:
        return iter(self.kept)


def shorten(value: str) -> str:
    """The value on one printable line of at most 80 characters, safe for a terminal."""
    shown = "".join(char if char.isprintable() else " " for char in value[: SHOWN_VALUE + 1])
    return shown if len(shown) <= SHOWN_VALUE else shown[: SHOWN_VALUE - 3] + "..."
