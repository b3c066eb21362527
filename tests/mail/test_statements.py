"""The statement as a PDF: the same facts, the same bytes; every figure on it; any length, any name."""

import io
import re

import pytest
from pypdf import PdfReader

from outreach.mail.facts import Facts
from outreach.mail.statements import plain, statement
from tests.mail.given import WE, facts, line, section


def pages(letter: Facts, country: str = "US") -> list[str]:
    return [page.extract_text() for page in PdfReader(io.BytesIO(statement(letter, WE, country))).pages]


def test_the_same_facts_give_the_same_bytes() -> None:
    letter = facts("statement", section(line(), line("B", -4)))
    assert statement(letter, WE) == statement(letter, WE)


def test_what_stands_on_it() -> None:
    lines = (
        line("INV-A", 17, 431_050, po_number="4711"),
        line("INV-B", -3, 100_00),
        line("CM-1", 40, -50_00),
    )
    [page] = pages(facts("statement", section(*lines)))
    words = " ".join(page.split())
    assert "Statement of account" in words
    assert "Harbor Clinic, account 1001, as of 23 November 2026" in words
    assert "USD 100.00 4,310.50 -50.00 0.00 0.00 4,360.50" in words
    for part in ("INV-A", "PO 4711", "6 Nov 2026", "17", "Credit CM-1", "Balance", "ACH or check", "Page 1"):
        assert part in words


def test_a_section_and_a_balance_for_each_account_and_currency() -> None:
    one = section(line("A", 6, 100_00), line("B", 6, 5_000, "JPY"))
    [page] = pages(facts("statement", one, section(line("C", 6, 7_00), id=2, name="East", number="1002")))
    assert re.findall(r"(Harbor Clinic|East), account (\d+), in (\w+)", page) == [
        ("Harbor Clinic", "1001", "JPY"),
        ("Harbor Clinic", "1001", "USD"),
        ("East", "1002", "USD"),
    ]
    assert page.count("Balance") == 3


def test_many_pages_repeat_their_head() -> None:
    found = pages(facts("statement", section(*[line(f"INV-{n:04}", n) for n in range(200)])))
    assert len(found) > 3
    assert all("Days past due" in page for page in found)
    assert sum(page.count("INV-") for page in found) == 200


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("Łódź Żelazo", "?ódz Zelazo"),
        ("<b>Bold & Brave</b>", "<b>Bold & Brave</b>"),
        ("Müller “Söhne” – GmbH", "Müller “Söhne” – GmbH"),
        ("株式会社", "????"),
        ("a\nb\tc", "a b c"),
    ],
)
def test_any_name_can_be_printed(name: str, shown: str) -> None:
    assert plain(name) == shown
    assert PdfReader(io.BytesIO(statement(facts("statement", section(line(), name=name)), WE))).pages


def test_nothing_open() -> None:
    [page] = pages(facts("statement", section()))
    assert "Statement of account" in page


def test_paper_sizes() -> None:
    sizes = {
        country: PdfReader(io.BytesIO(statement(facts("statement"), WE, country))).pages[0].mediabox[2:]
        for country in ("US", "DE")
    }
    assert [round(float(side)) for side in sizes["US"]] == [612, 792]
    assert [round(float(side)) for side in sizes["DE"]] == [595, 842]
