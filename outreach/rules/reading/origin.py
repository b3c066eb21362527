"""The day that words were written on, from which the days they name are seen."""

from dataclasses import dataclass
from datetime import date

from outreach.rules.calendar import BusinessCalendar

_DAY_FIRST_LISTED = """
    GB UK IE FR DE ES IT NL BE PT AT CH LU DK NO SE FI PL CZ SK HU RO BG GR AU NZ IN ZA BR MX AR CL CO
    PE SG MY HK
"""
DAY_FIRST = frozenset(_DAY_FIRST_LISTED.split())
"""countries whose people write 05/12 for the fifth of December"""


@dataclass(frozen=True, slots=True)
class Origin:
    """The day the words were written, and how their writer counts."""

    on: date
    business_days: BusinessCalendar
    day_first: bool = False
    behind: bool = False
    """days without a year lie behind: of a payment already made"""
