"""Options that several commands take, and what their values must look like."""

from datetime import date
from typing import Any

import click


class Day(click.ParamType[date]):
    """An ISO date, as 2026-11-23."""

    name = "date"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> date:
        if isinstance(value, date):
            return value
        try:
            day = date.fromisoformat(value)
        except ValueError:
            self.fail(f"{value!r} is not a date: write it as 2026-11-23", param, ctx)
        if not 1900 <= day.year <= 2999:  # the days around it must be days too
            self.fail(f"{value!r} is too far away: name a day from 1900 to 2999", param, ctx)
        return day


DAY = Day()
day_option = click.option(
    "--date", "day", type=DAY, help="The organization's day, as 2026-11-23; default: today."
)
