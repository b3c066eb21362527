"""Options that several commands take, and what their values must look like."""

from datetime import date
from typing import Any

import click

from outreach.rules.calendar import read_day


class Day(click.ParamType[date]):
    """An ISO date, as 2026-11-23."""

    name = "date"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> date:
        if isinstance(value, date):
            return value
        try:
            return read_day(value)
        except ValueError as mistake:
            self.fail(str(mistake), param, ctx)


class Number(click.IntRange):
    """The number of a row as a list shows it."""

    name = "number"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        try:
            return super().convert(value, param, ctx)
        except click.BadParameter:
            self.fail(f"{value!r} is not the number of anything: see the list", param, ctx)


class Words(click.ParamType[str]):
    """What somebody has to say; blanks say nothing."""

    name = "text"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        if not str(value).strip():
            self.fail("say it in a few words: they stand in the log", param, ctx)
        return str(value)


DAY = Day()
WORDS = Words()
NUMBER = Number(1, 2**31 - 1)  # what every database takes for an integer
PORT = click.IntRange(0, 2**16 - 1)
day_option = click.option(
    "--date", "day", type=DAY, help="The organization's day, as 2026-11-23; default: today."
)
