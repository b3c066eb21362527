"""One row of a contacts file, or the contact columns of an invoice row, becomes one contact."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache, partial

import phonenumbers

from outreach.intake.cells import LONGEST_ID, Cells, yes_or_no
from outreach.intake.columns import Header
from outreach.intake.problems import BadCell, Problem
from outreach.intake.reading import Row
from outreach.rules.numbers import address_problem, normalized
from outreach.rules.zones import is_zone

PURPOSES = ("calls", "dunning", "statements", "final", "suspension")
UNNAMED = "Accounts payable"
"""how a contact without a name is called"""


@dataclass(frozen=True, slots=True)
class ContactRow:
    """A person or desk at an account, as stated. `phone` is E.164, `email` normalized; empty: none."""

    account: str
    name: str
    role: str = ""
    rank: int | None = None
    """None: not stated, so they follow in the order of the file"""
    purposes: str | None = None
    """empty: all; None: not stated"""
    phone: str = ""
    extension: str = ""
    email: str = ""
    country: str = ""
    state: str = ""
    postal_code: str = ""
    timezone: str = ""
    language: str = ""
    do_not_call: bool | None = None
    do_not_mail: bool | None = None


@dataclass(frozen=True)
class ContactReader:
    """How the rows of one contacts file are to be read; `country` holds where a row names none."""

    header: Header
    country: str

    def read(self, row: Row) -> ContactRow | list[Problem]:
        """The contact of a row, or everything that is wrong with it."""
        cells = Cells(row, self.header)
        account = cells.needed("account", cells.text("account", LONGEST_ID)) or ""
        contact = read_contact(cells, account, self.country)
        if not cells.problems and not (contact and (contact.phone or contact.email)):
            cells.note(
                "phone" if cells.has("phone") else "email", "", "neither a phone number nor an address"
            )
        return cells.problems or contact or []


def read_contact(cells: Cells, account: str, default_country: str) -> ContactRow | None:
    """The contact of a row; None if it names nobody and no way to reach them. Bad cells are noted."""
    country = cells.read("country", _country) or ""
    parse = partial(parse_phone, country=country or default_country)
    phone, extension = cells.read("phone", parse) or ("", "")
    email = cells.read("email", _email) or ""
    name = cells.text("contact")
    if not (name or phone or email):
        return None
    return ContactRow(
        account=account,
        name=name or UNNAMED,
        role=cells.text("role", LONGEST_ID),
        rank=cells.read("order", _rank),
        purposes=cells.read("purposes", _purposes) or ("" if cells.has("purposes") else None),
        phone=phone,
        extension=cells.read("extension", _extension) or extension,
        email=email,
        country=country,
        state=cells.read("state", _state) or "",
        postal_code=cells.text("postal_code", 20),
        timezone=cells.read("timezone", _timezone) or "",
        language=cells.text("language", 35),
        do_not_call=cells.read("do_not_call", yes_or_no),
        do_not_mail=cells.read("do_not_mail", yes_or_no),
    )


@lru_cache(maxsize=4096)
def parse_phone(text: str, country: str) -> tuple[str, str]:
    """A number as written in `country` -> (E.164, extension). Raises BadCell for what no carrier could dial.

    Whether it may be dialled is the gate's question and the policy's answer, so it is not asked here.
    """
    try:
        number = phonenumbers.parse(text, country)
    except phonenumbers.NumberParseException:
        raise BadCell("not a phone number; write it with its country code, such as +1 415 555 0100") from None
    if not phonenumbers.is_possible_number(number):
        raise BadCell("a phone number with too few or too many digits; write it such as +1 415 555 0100")
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164), number.extension or ""


def _email(text: str) -> str:
    if problem := address_problem(text):
        raise BadCell(problem)
    return normalized(text)


def _country(text: str) -> str:
    if text.upper() not in phonenumbers.SUPPORTED_REGIONS:
        raise BadCell("not a country; write its two letters, such as US")
    return text.upper()


def _state(text: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9]{1,3}", text):
        raise BadCell("not a state; write its code, such as WA")
    return text.upper()


def _timezone(text: str) -> str:
    if not is_zone(text):
        raise BadCell("not a time zone; write it such as America/Chicago")
    return text


def _extension(text: str) -> str:
    digits = text.lower().removeprefix("ext").lstrip("x. ")
    if not re.fullmatch(r"[0-9]{1,10}", digits):
        raise BadCell("not an extension; write its digits")
    return digits


def _rank(text: str) -> int:
    if not re.fullmatch(r"[1-9][0-9]{0,2}", text):
        raise BadCell("not a place in the order; write 1, 2, 3")
    return int(text)


def _purposes(text: str) -> str:
    given = re.split(r"[;,\s]+", text.lower().strip("; ,"))
    if unknown := sorted(set(given) - set(PURPOSES)):
        raise BadCell(f"{unknown[0]} is not one of {', '.join(PURPOSES)}")
    return " ".join(purpose for purpose in PURPOSES if purpose in given)
