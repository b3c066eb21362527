import pytest

from outreach.rules.numbers import address_problem, normalized, number_problem
from tests.rules.given import POLICY, policy


@pytest.mark.parametrize(
    "number",
    [
        "+12125550123",
        "+13035550100",
        "+18085550199",
        "+19075550142",
        "+14165550123",
        "+18005550155",  # toll-free numbers are ordinary AP desks
        "+12122345678",
    ],
)
def test_ordinary_and_fictional_numbers_may_be_dialled(number: str) -> None:
    assert number_problem(number, POLICY.numbers) is None


@pytest.mark.parametrize(
    ("number", "why"),
    [
        ("2125550123", "not in E.164 form"),
        ("+1 212 555 0123", "not in E.164 form"),
        ("+1 (212) 555-0123", "not in E.164 form"),
        ("+02125550123", "not in E.164 form"),
        ("+1212555012345678", "not in E.164 form"),
        ("+12125550123;ext=5", "not in E.164 form"),
        ("", "not in E.164 form"),
        ("+911", "not in E.164 form"),
        ("+1212555012", "no numbering plan"),  # a digit short
        ("+15551234567", "no numbering plan"),  # no such area code
        ("+19005550123", "premium rate"),
        ("+15005550006", "personal number"),
        ("+12129761234", "a range that is not dialled"),
        ("+12129110000", "a range that is not dialled"),
        ("+12125551212", "a range that is not dialled"),
        ("+16005550123", "a range that is not dialled"),
        ("+18095551234", "a number of DO"),
        ("+18765550123", "a number of JM"),
        ("+14415551234", "a number of BM"),
        ("+12684641234", "a number of AG"),
        ("+17875551234", "a number of PR"),
        ("+442079460000", "a number of GB"),
        ("+881612345678", "a number of no country"),
        ("+882161234567", "a number of no country"),
    ],
)
def test_what_may_not_be_dialled_and_why(number: str, why: str) -> None:
    assert why in (number_problem(number, POLICY.numbers) or "")


@pytest.mark.parametrize(
    ("number", "why"),
    [
        ("+442079460000", None),
        ("+18765550123", None),  # the Caribbean, once it is enabled
        ("+449098790000", "premium rate"),
        ("+447012345678", "personal number"),
        ("+447911123456", "a number of GG"),  # looks British, is charged as Guernsey
    ],
)
def test_further_countries_are_allowed_by_name(number: str, why: str | None) -> None:
    wider = policy(('countries = ["US", "CA"]', 'countries = ["US", "GB", "JM"]')).numbers
    problem = number_problem(number, wider)
    assert problem is None if why is None else why in (problem or "")


@pytest.mark.parametrize(
    "address",
    [
        "ap@example.com",
        "a" * 64 + "@example.com",
        "First.Last+ap@mail.example.co.uk",
        "o'neil@example.com",
        "x@xn--bcher-kva.example",
    ],
)
def test_addresses_that_can_be_written_to(address: str) -> None:
    assert address_problem(address) is None


@pytest.mark.parametrize(
    "address",
    [
        "",
        "ap",
        "ap@",
        "@example.com",
        "ap@example",
        "ap@@example.com",
        "ap@exa mple.com",
        "ap@-example.com",
        "ap@example..com",
        "a..p@example.com",
        "ap@example.com\nBcc: x@example.com",
        "AP <ap@example.com>",
        "ap@example.com, x@example.com",
        "a" * 65 + "@example.com",
        "ap@" + "a" * 250 + ".com",
    ],
)
def test_addresses_that_cannot(address: str) -> None:
    assert "is not an e-mail address" in (address_problem(address) or "")


@pytest.mark.parametrize(
    ("written", "same"),
    [
        (" AP@Example.COM ", "ap@example.com"),
        ("ap@bücher.example", "ap@xn--bcher-kva.example"),
        ("no address", "no address"),
        ("ap@" + "." * 3, "ap@..."),
    ],
)
def test_two_spellings_are_one_destination(written: str, same: str) -> None:
    assert normalized(written) == same
    assert normalized(same) == same
