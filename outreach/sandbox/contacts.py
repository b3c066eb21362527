"""Fictional contacts for accounts without any, in the columns of `outreach contacts FILE` (interface.md).

Numbers are of 555-01xx, addresses of example.com, .net and .org: reserved for fiction, they belong to nobody.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from outreach.sandbox.chance import unit

_COLUMNS = """
    account name role order purposes phone extension email country state postal_code timezone language
    do_not_call do_not_mail
"""
COLUMNS = _COLUMNS.split()


@dataclass(frozen=True)
class Place:
    """A state that lies in one time zone, one of its postal codes, and its area codes."""

    zone: str
    state: str
    postal_code: str
    area_codes: str


PLACES = (
    Place("America/New_York", "NY", "10001", "212 315 516 518 585 607 631 646 716 718 845 914 917"),
    Place("America/Chicago", "IL", "60601", "217 309 312 618 630 708 773 815 847"),
    Place("America/Denver", "CO", "80202", "303 719 720 970"),
    Place("America/Los_Angeles", "CA", "94103", "209 213 310 323 408 415 510 530 559 562 619 626 650"),
    Place("America/New_York", "PA", "19103", "215 412 484 570 610 717 724 814"),
    Place("America/Chicago", "WI", "53202", "262 414 608 715 920"),
    Place("America/Denver", "UT", "84101", "385 435 801"),
    Place("America/Los_Angeles", "CA", "90012", "661 707 714 760 805 818 831 858 909 916 925 949"),
    Place("America/New_York", "OH", "43215", "216 330 419 440 513 614 740 937"),
    Place("America/Chicago", "MN", "55401", "218 320 507 612 651 763 952"),
    Place("America/Denver", "NM", "87102", "505 575"),
    Place("America/Los_Angeles", "WA", "98101", "206 253 360 425 509"),
    Place("America/New_York", "GA", "30303", "229 404 478 706 770 912"),
    Place("America/Chicago", "MO", "63101", "314 417 573 636 660 816"),
    Place("America/Denver", "MT", "59601", "406"),
    Place("America/New_York", "NC", "27601", "252 336 704 828 910 919"),
    Place("America/Chicago", "LA", "70112", "225 318 337 504 985"),
    Place("America/New_York", "NJ", "07102", "201 609 732 856 908 973"),
    Place("America/Chicago", "IA", "50309", "319 515 563 641 712"),
    Place("America/New_York", "MA", "02108", "413 508 617 781 978"),
)
LINES = 90  # 555-0100 to 555-0189; the rest is left to reps and caller ids
AREAS = [(place, code) for place in PLACES for code in place.area_codes.split()]
STRIDE = 7919  # prime: neighbours in the file live far apart, and no number repeats before all are used
_FIRST = "Alex Blake Casey Dana Ellis Frankie Gray Harper Indra Jules Kim Lee Morgan Noor Parker Quinn"
_LAST = "Abbott Bianchi Chen Dube Eriksen Flores Grant Hale Ito Jansen Kaur Lund Meyer Novak Okoye Reyes"
FIRST_NAMES, LAST_NAMES = _FIRST.split(), _LAST.split()
DOMAINS = ("example.com", "example.net", "example.org")
SECOND_CONTACTS = 0.2
EXTENSIONS = 0.12


def contacts_for(accounts: Iterable[str], seed: int = 1) -> Iterator[list[str]]:
    """The rows of a file, its header first: an accounts-payable contact for each account number, and for one
    in five a controller after it.

    Numbers differ until all of them (some 12,000) are used. The same accounts and seed give the same.
    """
    yield COLUMNS
    nth = int(unit(seed, "start") * len(AREAS) * LINES)
    for account in dict.fromkeys(accounts):
        yield _contact(account, "accounts payable", 1, nth, seed)
        nth += 1
        if unit(seed, account, "second") < SECOND_CONTACTS:
            yield _contact(account, "controller", 2, nth, seed)
            nth += 1


def _contact(account: str, role: str, order: int, nth: int, seed: int) -> list[str]:
    place, phone = _number(nth)
    extension = unit(seed, account, order, "extension")
    row = {
        "account": account,
        "name": _name(seed, account, order),
        "role": role,
        "order": str(order),
        "phone": phone,
        "extension": str(100 + int(extension * 7000)) if extension < EXTENSIONS else "",
        "email": _address(account, role),
        "country": "US",
        "state": place.state,
        "postal_code": place.postal_code,
        "timezone": place.zone,
        "language": "en",
    }
    return [row.get(column, "") for column in COLUMNS]


def _number(nth: int) -> tuple[Place, str]:
    index = nth * STRIDE % (len(AREAS) * LINES)
    place, area_code = AREAS[index // LINES]
    return place, f"+1{area_code}55501{index % LINES:02d}"


def _name(seed: int, account: str, order: int) -> str:
    first = FIRST_NAMES[int(unit(seed, account, order, "first") * len(FIRST_NAMES))]
    return f"{first} {LAST_NAMES[int(unit(seed, account, order, 'last') * len(LAST_NAMES))]}"


def _address(account: str, role: str) -> str:
    """An address no other account has."""
    name = re.sub(r"[^a-z0-9]+", "-", account.lower()).strip("-")
    if name != account.lower():  # what was left out may be all that tells two accounts apart
        name = f"{name or 'account'}-{int(unit(0, account) * 1e6)}"
    domain = DOMAINS[int(unit(0, account) * len(DOMAINS))]
    return f"{'ap' if role == 'accounts payable' else 'controller'}.{name}@{domain}"
