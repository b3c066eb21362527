from zoneinfo import ZoneInfo

import pytest

from outreach.rules import reasons
from tests.rules.given import day, ny


def test_reasons_are_said_in_words() -> None:
    assert (
        reasons.followup("INV-1004", 17, "1,200.00 USD", broken=day("2026-11-12"))
        == "INV-1004 is 17 days past due, 1,200.00 USD; promised for Nov 12 and broken"
    )
    assert reasons.followup("INV-1004", 5, "1,200.00 USD") == "INV-1004 is 5 days past due, 1,200.00 USD"
    assert (
        reasons.overdue_31("4,300.00 USD", 45)
        == "4,300.00 USD more than 31 days past due, the oldest 45 days"
    )
    assert (
        reasons.final_overdue("INV-9", 1, "500.00 USD") == "final invoice INV-9 is 1 day past due, 500.00 USD"
    )
    assert reasons.aged_mrr(2, "900.00 USD") == "2 months of recurring invoices past due, 900.00 USD"
    assert (
        reasons.final_check("INV-9", "500.00 USD") == "final invoice INV-9, 500.00 USD: receipt not confirmed"
    )
    assert (
        reasons.callback(ny("2026-11-23 14:00"), ZoneInfo("America/Denver")) == "call back at 12:00 on Nov 23"
    )


@pytest.mark.parametrize(
    ("reason", "firing"),
    [
        (reasons.followup("I-1", 1, "5.00 USD"), ("followup_5", "I-1")),
        (reasons.pre_due("I-1", 3, "5.00 USD"), ("pre_due_3", "I-1")),
        (reasons.final_check("I-1", "5.00 USD"), ("final_check", "I-1")),
        (reasons.final_overdue("I-1", 12, "5.00 USD"), ("final_overdue", "A")),
        (reasons.overdue_31("5.00 USD", 45), ("overdue_31", "A")),
        (reasons.aged_mrr(2, "5.00 USD"), ("aged_mrr", "A")),
        (reasons.broken_promise("5.00 USD", day("2026-11-12")), ("broken_promise", "7")),
    ],
)
def test_a_reason_goes_with_its_firing(reason: str, firing: tuple[str, str]) -> None:
    others = [reasons.followup("I-10", 1, "5.00 USD"), reasons.final_check("I-10", "5.00 USD")]
    assert reasons.left([reason, *others], [firing], []) == others
    assert reasons.left([reason, *others], [firing], [firing]) == [reason, *others]
    assert reasons.left([reason, *others], [], []) == [reason, *others]
