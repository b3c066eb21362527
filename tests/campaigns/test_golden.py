"""The golden vector of product.md 7: the IBM sample as of 2013-06-30, imported and planned for two days."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from outreach.campaigns.planning.explaining import why
from outreach.campaigns.queue import queue
from outreach.intake.importing import import_file
from outreach.ledger.clock import WallClock
from tests.campaigns.book import Book, at

SAMPLE = Path(__file__).parents[3] / "shared" / "data" / "ar" / "ibm_accounts_receivable.csv"
SUNDAY, MONDAY = date(2013, 6, 30), date(2013, 7, 1)
DISPUTED = {"5875-VZQCZ", "9181-HEKGV", "5573-KSOIA", "8887-NCUZC"}


@pytest.fixture
def sample(book: Book) -> Book:
    if not SAMPLE.exists():
        pytest.skip("the IBM sample is not at ../shared/data")
    import_file(book.ledger, SAMPLE, clock=WallClock(), actor="test", as_of=SUNDAY)
    return book


def firings(document: dict[str, Any]) -> dict[tuple[str, str], tuple[str, int, str | None]]:
    return {
        (one["account"], one["step"]): (one["state"], one["days_past_due"], one["rule"])
        for one in document["firings"]
    }


def test_on_the_sunday_one_is_live_and_four_are_held(sample: Book) -> None:
    document = sample.plan(SUNDAY).to_json()
    assert (document["date"], document["touch_date"]) == ("2013-06-30", "2013-07-01")
    assert document["fired"] == {"followup_5": 5}
    found = firings(document)
    assert found.pop(("7209-MDWKR", "followup_5")) == ("open", 9, "no number, no address")
    assert {account for account, _ in found} == DISPUTED
    assert {(step, state, rule) for (_, step), (state, _, rule) in found.items()} == {
        ("followup_5", "open", "held by dispute")
    }
    assert document["touches"] == {"call": 0, "email": 0}
    for rule, accounts in {"held by dispute": 4, "no number": 5, "no address": 5}.items():
        assert document["left_out"][rule] == accounts


def test_on_the_monday_one_climbs_and_two_join(sample: Book) -> None:
    sample.plan(SUNDAY)
    document = sample.plan(MONDAY).to_json()
    assert document["fired"] == {"followup_15": 1, "followup_5": 2}
    found = firings(document)
    assert found[("5573-KSOIA", "followup_5")] == ("superseded", 15, None)
    assert found[("5573-KSOIA", "followup_15")] == ("open", 15, "held by dispute")
    for account in ("0783-PEPYR", "9117-LYRCE"):
        assert found[(account, "followup_5")] == ("open", 5, "no number, no address")
    superseded = next(one for one in document["firings"] if one["state"] == "superseded")
    assert superseded["why"] == "by followup_15"


def test_why_agrees_with_the_plan(sample: Book) -> None:
    for day in (SUNDAY, MONDAY):
        planned = sample.plan(day).to_json()["firings"]
        for number in {one["account"] for one in planned}:
            with sample.ledger.reading() as session:
                told = why(session, number, day, at(day))
            assert told
            mine = [one for one in planned if one["account"] == number]
            assert [one for one in told["firings"] if one["state"] == "open"] == [
                one for one in mine if one["state"] == "open"
            ]
            deciding = {rule for one in mine for rule in one["rules"].values()}
            assert deciding <= {one["rule"] for one in told["rules"]}


def test_the_queue_of_the_sunday_is_that_of_the_monday_and_says_so(sample: Book) -> None:
    sample.plan(SUNDAY)
    with sample.ledger.reading() as session:
        document = queue(session, "ana", SUNDAY, at(SUNDAY))
    assert document
    assert (document["date"], document["items"]) == ("2013-07-01", [])
    assert document["note"] == "2013-06-30 is Sunday: this is the queue of 2013-07-01"
