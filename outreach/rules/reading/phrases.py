"""Phrases of plain English that mean the same, as one pattern."""

import re


def any_of(*patterns: str) -> re.Pattern[str]:
    """Finds any of these, in capitals or not."""
    return re.compile("|".join(f"(?:{one})" for one in patterns), re.IGNORECASE)
