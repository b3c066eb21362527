"""Their list beside ours: numbers are alike in spite of zeros, dashes and case, and never ambiguous."""

import pytest

from outreach.rules.reconciliation import Comparison, Item, compare, likeness


def usd(**amounts: int) -> list[Item]:
    return [Item(number.replace("_", "-"), "USD", amount) for number, amount in amounts.items()]


def items(*numbers: str) -> list[Item]:
    return [Item(number, "USD", 100) for number in numbers]


def pairs(found: Comparison) -> set[tuple[str, str]]:
    return {(pair.ours.number, pair.theirs.number) for pair in found.both}


@pytest.mark.parametrize(
    ("number", "like"),
    [
        ("INV-0042", "inv42"),
        ("inv 42", "inv42"),
        ("0042", "42"),
        ("42", "42"),
        ("000", "0"),
        ("A-10-05", "a1005"),
        ("A-105", "a105"),
        ("2026/007", "2026007"),
        ("-", ""),
    ],
)
def test_what_makes_numbers_alike(number: str, like: str) -> None:
    assert likeness(number) == like


def test_both_ours_only_theirs_only() -> None:
    found = compare(usd(I_1=100, I_2=200, I_3=300), usd(I_1=100, I_2=150, I_4=400))
    assert [(pair.ours.number, pair.equal) for pair in found.both] == [("I-1", True), ("I-2", False)]
    assert [one.item.number for one in found.ours_only] == ["I-3"]
    assert [one.item.number for one in found.theirs_only] == ["I-4"]


def test_the_same_amount_of_another_currency_is_not_equal() -> None:
    [pair] = compare([Item("I", "USD", 100)], [Item("I", "CAD", 100)]).both
    assert not pair.equal


def test_alike_numbers_are_one_where_only_one_can_be_meant() -> None:
    assert pairs(compare(items("INV-0042", "7"), items("inv 42", "007"))) == {
        ("INV-0042", "inv 42"),
        ("7", "007"),
    }


@pytest.mark.parametrize(
    ("ours", "theirs", "both", "left"),
    [
        (("42", "0042"), ("00042",), set(), {"42", "0042", "00042"}),
        (("42",), ("042", "0042"), set(), {"42", "042", "0042"}),
        (("42", "0042"), ("42", "00042"), {("42", "42")}, {"0042", "00042"}),
        (("-",), ("--",), set(), {"-", "--"}),
    ],
)
def test_what_could_be_two_is_neither(
    ours: tuple[str, ...], theirs: tuple[str, ...], both: set[tuple[str, str]], left: set[str]
) -> None:
    found = compare(items(*ours), items(*theirs))
    assert pairs(found) == both
    alone = [*found.ours_only, *found.theirs_only]
    assert {one.item.number for one in alone} == left
    assert all(one.could_be for one in alone)


def test_a_number_that_stands_twice_with_two_amounts_is_no_pair() -> None:
    found = compare(items("I-1"), [Item("I-1", "USD", 100), Item("I-1", "USD", 90)])
    assert not found.both
    assert [one.could_be for one in found.theirs_only] == [("I-1",), ("I-1",)]
    assert [one.could_be for one in found.ours_only] == [("I-1",)]


def test_every_line_is_told_once() -> None:
    ours, theirs = items("1", "01", "A 2", "3"), items("001", "a-2", "4", "3")
    found = compare(ours, theirs)
    assert len(found.both) + len(found.ours_only) == len(ours)
    assert len(found.both) + len(found.theirs_only) == len(theirs)
