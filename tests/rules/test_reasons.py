from zoneinfo import ZoneInfo

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
