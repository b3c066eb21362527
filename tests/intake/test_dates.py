"""Dates as files write them, and what 03/04/2026 means."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outreach.intake.cells import first_of_month, net_days
from outreach.intake.dates import DateEvidence, DateOrder, as_of_in_title, parse_date
from outreach.intake.problems import BadCell, FileRefused

YMD, DMY, MDY = DateOrder
DAY = date(2026, 7, 25)


@pytest.mark.parametrize("order", DateOrder)
@pytest.mark.parametrize(
    "text",
    [
        "2026-07-25",
        "2026/7/25",
        "2026.07.25",
        "20260725",
        "2026-07-25T00:00:00Z",
        "2026-07-25 13:45:07.123",
        "Jul 25, 2026",
        "July 25 2026",
        "JUL 25, 2026",
        "25 Jul 2026",
        "25-Jul-2026",
        "25 July, 2026",
    ],
)
def test_unmistakable_dates_need_no_order(text: str, order: DateOrder) -> None:
    assert parse_date(text, order) == DAY


@pytest.mark.parametrize(
    ("text", "order"),
    [
        ("25/07/2026", DMY),
        ("25.7.2026", DMY),
        ("25-07-26", DMY),
        ("7/25/2026", MDY),
        ("07/25/26", MDY),
        ("7/25/2026 4:19 PM", MDY),
        ("26/07/25", YMD),
    ],
)
def test_numeric_dates_are_read_in_the_order_given(text: str, order: DateOrder) -> None:
    assert parse_date(text, order) == DAY


@pytest.mark.parametrize(
    "text",
    [
        *(
            "31/02/2026",
            "02/31/2026",
            "13/13/2026",
            "0/1/2026",
            "2026-02-29",
            "2026-13-01",
            "46228",
            "46228.5",
        ),
        *(
            "07/25",
            "25/07-2026",
            "07/25/202",
            "1/1/0001",
            "12/31/9999",
            "Jux 25, 2026",
            "Mayor 3, 2026",
            "N/A",
        ),
        *("=A1", "today", "٢٠٢٦-٠٧-٢٥", "2026-07-25garbage", "-1", "7/25/2026/1", "20261301"),
    ],
)
@pytest.mark.parametrize("order", DateOrder)
def test_what_is_no_date_is_refused_and_never_guessed(text: str, order: DateOrder) -> None:
    with pytest.raises(BadCell):
        parse_date(text, order)


def evidence(*texts: str) -> DateEvidence:
    found = DateEvidence()
    for line, text in enumerate(texts, start=2):
        found.note(text, line)
    return found


@pytest.mark.parametrize(
    ("texts", "order"),
    [
        (("03/04/2026", "03/25/2026"), MDY),
        (("03/04/2026", "25/03/2026"), DMY),
        (("2026-03-04", "2026-03-25"), YMD),
        (("2026/03/04", "03/25/2026"), MDY),
        (("Jul 25, 2026", ""), YMD),
        (("05/05/2026", "6/6/2026"), MDY),
        (("03/25/2026", "31/02/2026", "99/99/2026", "soon"), MDY),
        (("12/31/25", "01/02/26"), MDY),
        ((), YMD),
    ],
)
def test_the_order_is_inferred_over_the_whole_file(texts: tuple[str, ...], order: DateOrder) -> None:
    assert evidence(*texts).order() == order


def test_dates_that_fit_two_orders_are_refused_with_both_readings_and_the_way_to_say_which() -> None:
    with pytest.raises(FileRefused) as refused:
        evidence("05/05/2026", "03/04/2026", "11/12/2026").order()
    assert str(refused.value) == (
        "The dates can be read two ways (line 3: 03/04/2026 is 2026-04-03 or 2026-03-04); "
        "say which with --date-order dmy or --date-order mdy."
    )


def test_a_file_that_mixes_two_orders_is_refused() -> None:
    with pytest.raises(FileRefused, match="more than one order"):
        evidence("25/03/2026", "03/25/2026").order()


def test_one_slip_among_hundreds_is_a_bad_cell_and_does_not_stop_the_file() -> None:
    days = [DAY + timedelta(n) for n in range(300)]
    texts = [f"{day:%m/%d/%Y}" for day in days]
    assert evidence(*texts, "25/03/2026").order() == MDY


@given(st.lists(st.dates(date(1970, 1, 1), date(2100, 12, 31)), min_size=1), st.sampled_from([DMY, MDY]))
def test_an_order_that_is_inferred_is_the_one_it_was_written_in(days: list[date], order: DateOrder) -> None:
    form = "%d/%m/%Y" if order == DMY else "%m/%d/%Y"
    texts = [day.strftime(form).rjust(10, "0") for day in days]
    try:
        found = evidence(*texts).order()
    except FileRefused:
        assert all(day.day <= 12 for day in days)
        return
    assert [parse_date(text, found) for text in texts] == days


@pytest.mark.parametrize(
    ("cells", "text"),
    [
        (["As of Jul 25, 2026", ""], "Jul 25, 2026"),
        (["A/R Aging as of: 2026-07-25"], "2026-07-25"),
        (["", "As at 25 July 2026"], "25 July 2026"),
        (["As of Saturday, July 25, 2026 (accrual basis)"], "July 25, 2026"),
        (["as of 7/25/2026 4:19 PM"], "7/25/2026 4:19 PM"),
        (["As of the end of the month"], "the end of the month"),
        (["Open items as of", "2026-11-20", ""], "2026-11-20"),
        (["As of", "", "Nov 20, 2026"], "Nov 20, 2026"),
        (["Foundry Distribution, Inc"], None),
        (["Basof 2026"], None),
    ],
)
def test_the_title_says_as_of_when(cells: list[str], text: str | None) -> None:
    assert as_of_in_title(cells) == text


@pytest.mark.parametrize(
    ("text", "month"),
    [("2026-11", 11), ("11/2026", 11), ("Nov 2026", 11), ("November 2026", 11), ("2026-11-17", 11)],
)
def test_service_months(text: str, month: int) -> None:
    assert first_of_month(text, MDY) == date(2026, month, 1)


@pytest.mark.parametrize("text", ["2026-13", "later", "2026"])
def test_no_service_month(text: str) -> None:
    with pytest.raises(BadCell):
        first_of_month(text, MDY)


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("Net 30", 30),
        ("net30", 30),
        ("N30", 30),
        ("30 days", 30),
        ("45", 45),
        ("Due on receipt", 0),
        ("COD", 0),
    ],
)
def test_terms(text: str, days: int) -> None:
    assert net_days(text) == days


@pytest.mark.parametrize("text", ["EOM", "2/10 net 30", "soon", "net", "-30"])
def test_terms_that_give_no_due_date(text: str) -> None:
    with pytest.raises(BadCell):
        net_days(text)
