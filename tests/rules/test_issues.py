from outreach.rules import issues
from tests.rules.given import POLICY, day


def test_three_business_days_to_settle_it_and_ten_that_it_holds() -> None:
    opened = day("2026-11-20")
    assert issues.due_on(opened, POLICY) == day("2026-11-25")
    assert issues.holds_until(opened, POLICY) == day("2026-12-07")  # Thanksgiving between
    assert not issues.is_overdue(day("2026-11-25"), day("2026-11-25"))
    assert issues.is_overdue(day("2026-11-25"), day("2026-11-26"))
