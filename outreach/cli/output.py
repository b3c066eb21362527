"""What commands print: JSON for programs, tables for people, progress for the patient."""

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

WIDTH = 200
"""columns of a table that goes to a file or a pipe"""

json_option = click.option(
    "--json", "as_json", is_flag=True, help="Print one JSON document and nothing else."
)


class Failure(Exception):
    """A sentence that says what went wrong and what to do. `exit_code` 1: failed; 2: asked wrongly."""

    def __init__(self, sentence: str, exit_code: int = 1) -> None:
        super().__init__(sentence)
        self.exit_code = exit_code


def print_json(document: Any) -> None:
    click.echo(json.dumps(document, indent=2, ensure_ascii=False))


def print_table(
    columns: Sequence[str], rows: Sequence[Sequence[object]], console: Console | None = None
) -> None:
    table = Table(*columns, box=None, pad_edge=False, header_style="bold")
    for row in rows:
        table.add_row(*(_words(cell) for cell in row))
    (console or _console()).print(table)


def _words(cell: object) -> Text:
    """What a customer is called is neither markup nor an order to the terminal."""
    text = "" if cell is None else str(cell)
    return Text("".join(c if c.isprintable() or c == "\n" else "\ufffd" for c in text))


def _console() -> Console:
    """As wide as the terminal; where nobody looks, wide enough that a pipe gets whole words."""
    console = Console()
    return console if console.is_terminal else Console(width=WIDTH)


@contextmanager
def progress_bar(what: str) -> Iterator[Callable[[int, int | None], None]]:
    """A bar on standard error, so that standard output stays the answer; silent where nobody looks."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    console = Console(stderr=True)
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task(what, total=None)

        def show(done: int, total: int | None = None) -> None:
            bar.update(task, completed=done, total=total)

        yield show
