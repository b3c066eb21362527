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
            return date.fromisoformat(value)
        except ValueError:
            self.fail(f"{value!r} is not a date: write it as 2026-11-23", param, ctx)


DAY = Day()
day_option = click.option(
    "--date", "day", type=DAY, help="The organization's day, as 2026-11-23; default: today."
)
