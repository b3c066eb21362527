"""Which notice is due of whom, as planner and gate see it (product.md 5)."""

from datetime import date

import pytest

from outreach.ledger import facts, policies, suspensions
from outreach.ledger.facts import Accounts, Span
from outreach.ledger.firings import Firing
from outreach.rules.suspension import Event
from tests.campaigns.casework import POSTED, Casework


def test_what_an_occasion_says(casework: Casework) -> None:
    case = casework.approved("2026-12-10")
    [occasion] = casework.occasions()
    assert occasion == (
        *(case.account_id, "suspension_notice_1", str(case.id), str(case.id), date(2026, 12, 10)),
        (1,),
    )


@pytest.mark.parametrize("state", ["candidate", "recommended", "due", "suspended", "reinstated", "withdrawn"])
def test_no_notice_is_due_of_a_case_that_does_not_stand(casework: Casework, state: str) -> None:
    casework.approved("2026-12-10")
    casework.book.change(suspensions.SuspensionCase, suspensions.SuspensionCase.id > 0, state=state)
    assert casework.due() == []


def test_a_span_and_these_accounts_say_the_same(casework: Casework) -> None:
    case = casework.approved("2026-12-10")
    with casework.book.ledger.reading() as session:
        day = facts.plan_day(session, casework.today, policies.in_force(session).policy)
        which = (Span(1, case.account_id), Accounts([case.account_id]))
        assert [len(list(suspensions.occasions(session, one, day))) for one in which] == [1, 1]
        which = (Span(case.account_id + 1, 10**9), Accounts([]))
        assert [len(list(suspensions.occasions(session, one, day))) for one in which] == [0, 0]


def test_a_call_that_is_still_owed_keeps_the_notice_due(casework: Casework) -> None:
    """Until both sides of the firing have ended, and no longer than until the next notice."""
    casework.approved("2026-12-10")
    firing = casework.fired("suspension_notice_1")
    assert casework.due() == ["suspension_notice_1"], "fired, and not sent"
    casework.book.change(Firing, Firing.id == firing, email_side="done")
    casework.letter("suspension_notice_1", "delivered", firing=firing)
    casework.run()
    assert casework.case().state == "noticed"
    assert casework.due() == ["suspension_notice_1"], "the letter arrived, the call is still to be made"
    casework.book.change(Firing, Firing.id == firing, state="done", call_side="done")
    assert casework.due() == []
    casework.on("2026-12-17")
    assert casework.due() == ["suspension_notice_2"]


def test_each_notice_is_due_from_its_day_until_the_next(casework: Casework) -> None:
    casework.approved("2026-12-10")
    casework.on("2026-12-11")
    casework.decide(Event.POSTED, "ana", attached=POSTED)
    due = []
    for number in range(11, 32):
        casework.on(f"2026-12-{number}", fresh=False)
        due.append(" ".join(casework.due()))
    assert due == [""] * 7 + ["suspension_notice_2"] * 5 + ["suspension_notice_final"] * 9
    casework.on("2027-01-04", fresh=False)
    assert casework.case().deadline_on == date(2027, 1, 6), "the warning has not left: two days from now"
