"""The notices of a suspension case as the planner makes them: one source for plan and gate (product.md 5)."""

from datetime import date

from outreach.ledger.firings import Firing
from tests.campaigns.casework import Casework

APPROVED, SECOND, FINAL = date(2026, 12, 10), date(2026, 12, 18), date(2026, 12, 23)


def plan(casework: Casework, day: date) -> dict[str, int]:
    casework.on(day.isoformat())
    return dict(casework.book.plan(day).fired)


def delivered(casework: Casework, step: str, day: str) -> None:
    """The letter of a notice arrives, and its call is made."""
    casework.on(day)
    firing = casework.book.firings()[(step, "1")]
    casework.book.change(
        Firing, Firing.id == firing.id, state="done", call_side="done", email_side="done", ended_on=FINAL
    )
    casework.letter(step, "delivered", firing=firing.id)
    casework.run()


def test_the_notice_fires_by_call_and_mail_before_all_else(casework: Casework) -> None:
    casework.approved(APPROVED.isoformat())
    assert plan(casework, APPROVED)["suspension_notice_1"] == 1
    (call,), (letter,) = (casework.book.touches(APPROVED, channel) for channel in ("call", "email"))
    assert (call.step, call.tier, letter.step) == ("suspension_notice_1", 0, "suspension_notice_1")
    assert call.reasons[0] == "suspension case: the notice"
    assert casework.book.plan(APPROVED).written == 0


def test_each_notice_on_its_day(casework: Casework) -> None:
    """The golden vector of product.md 7, through planner and case."""
    casework.approved(APPROVED.isoformat())
    plan(casework, APPROVED)
    delivered(casework, "suspension_notice_1", "2026-12-11")
    assert "suspension_notice_2" not in plan(casework, date(2026, 12, 17))
    assert plan(casework, SECOND)["suspension_notice_2"] == 1
    delivered(casework, "suspension_notice_2", "2026-12-18")
    assert plan(casework, FINAL)["suspension_notice_final"] == 1


def test_a_case_that_is_over_takes_its_notice_with_it(casework: Casework) -> None:
    casework.approved(APPROVED.isoformat())
    plan(casework, APPROVED)
    casework.book.pay("INV-1")
    plan(casework, date(2026, 12, 11))
    firing = casework.book.firings()[("suspension_notice_1", "1")]
    assert (firing.state, casework.case().state) == ("lapsed", "withdrawn")


def test_what_is_disputed_after_all_is_not_threatened_with(casework: Casework) -> None:
    casework.approved(APPROVED.isoformat())
    casework.book.hold("INV-1", "dispute", APPROVED)
    casework.book.plan(APPROVED)
    firing = casework.book.firings()[("suspension_notice_1", "1")]
    assert (firing.call_rule, firing.email_rule) == ("held by dispute", "held by dispute")
