"""Telephone numbers, as far as a carrier reads them before it rings one."""

import re

from phonenumbers import COUNTRY_CODE_TO_REGION_CODE

CLOSED = frozenset({"CU", "LV", "SO"})
"""countries that the account's geo permissions leave closed, as a new account's do for those of much fraud"""
E164 = re.compile(r"\+[1-9]\d{7,14}")


def country(number: str) -> str:
    """The ISO code of the (first) country that a number in E.164 begins with; empty when there is none."""
    for end in (2, 3, 4):  # its code has one to three digits, and none begins with another
        if regions := COUNTRY_CODE_TO_REGION_CODE.get(int(number[1:end])):
            return regions[0]
    return ""
