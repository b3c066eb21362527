"""Fictional contacts: nobody's numbers and addresses, in four zones, each account its own."""

import re

import phonenumbers
from phonenumbers import timezone

from outreach.sandbox.contacts import AREAS, COLUMNS, LINES, contacts_for

ACCOUNTS = [f"7209-MDWKR-{nth}" for nth in range(500)]
FICTION = re.compile(r"\+1\d{3}55501\d\d")


def rows(accounts: list[str], seed: int = 1) -> list[dict[str, str]]:
    header, *found = contacts_for(accounts, seed)
    assert header == COLUMNS
    return [dict(zip(header, row, strict=True)) for row in found]


def test_every_account_has_a_contact_and_some_have_two() -> None:
    found = rows(ACCOUNTS)
    assert {row["account"] for row in found if row["order"] == "1"} == set(ACCOUNTS)
    assert 0 < sum(row["order"] == "2" for row in found) < len(ACCOUNTS) / 2


def test_nobody_real_can_be_reached() -> None:
    for row in rows(ACCOUNTS):
        assert FICTION.fullmatch(row["phone"])
        assert row["email"].partition("@")[2] in ("example.com", "example.net", "example.org")


def test_no_number_or_address_twice() -> None:
    found = rows(ACCOUNTS)
    assert len({row["phone"] for row in found}) == len({row["email"] for row in found}) == len(found)
    all_of_them = rows([f"A{nth}" for nth in range(len(AREAS) * LINES * 5 // 6)])[: len(AREAS) * LINES]
    assert len({row["phone"] for row in all_of_them}) == len(all_of_them)


def test_accounts_that_differ_in_signs_only_have_their_own_address() -> None:
    found = rows(["A-1", "A 1", "a.1", "Ä1"])
    assert len({row["email"] for row in found}) == len(found)


def test_they_live_in_four_zones_and_their_numbers_do_too() -> None:
    found = rows(ACCOUNTS)
    assert len({row["timezone"] for row in found}) == 4
    for row in found:
        number = phonenumbers.parse(row["phone"])
        assert phonenumbers.is_valid_number(number)
        assert timezone.time_zones_for_number(number) == (row["timezone"],)


def test_the_same_seed_makes_the_same_contacts() -> None:
    assert rows(ACCOUNTS, 3) == rows(ACCOUNTS, 3)
    assert rows(ACCOUNTS, 3) != rows(ACCOUNTS, 4)
