"""A suspension case from the first look to the cut and back, in a real ledger (product.md 5 and 7)."""

from datetime import UTC, date, datetime

import pytest
from sqlalchemy import select

from outreach.campaigns.agreements import commitments
from outreach.campaigns.agreements.commitments import Told
from outreach.campaigns.suspension import daily
from outreach.campaigns.suspension.deciding import Attached
from outreach.ledger import policies
from outreach.ledger.commitments import Promise
from outreach.ledger.letters import Letter
from outreach.ledger.log import LogEntry
from outreach.ledger.papers import Paper, read
from outreach.ledger.receivables import Account, Invoice
from outreach.ledger.scope import NotFound
from outreach.ledger.suspensions import SuspensionTransition
from outreach.ledger.verification import verify
from outreach.rules.suspension import Event, NotAllowed
from tests.campaigns.casework import POSTED, Casework, walked_to_due


def test_the_golden_vector(casework: Casework) -> None:
    casework.on("2026-11-21")
    assert casework.cases() == []
    assert casework.on("2026-11-22").found == 1
    casework.on("2026-12-10")
    casework.decide(Event.RECOMMENDED, "ana", reason="no answer in four weeks")
    casework.decide(Event.APPROVED, "sam", reason="as the rep says")
    assert casework.due() == ["suspension_notice_1"]
    casework.on("2026-12-11", 20)
    casework.letter("suspension_notice_1", "delivered")
    casework.run()
    case = casework.case()
    assert (case.state, case.day0, case.second_on, case.warning_on, case.deadline_on) == (
        *("noticed", date(2026, 12, 11), date(2026, 12, 18), date(2026, 12, 23), date(2026, 12, 28)),
    )
    casework.on("2026-12-18")
    assert casework.due() == ["suspension_notice_2"]
    casework.letter("suspension_notice_2", "delivered")
    casework.on("2026-12-23", 20)
    assert casework.due() == ["suspension_notice_final"]
    casework.letter("suspension_notice_final", "delivered")
    casework.on("2026-12-28")
    assert casework.case().state == "warned", "the deadline's own day is still theirs"
    casework.on("2026-12-29")
    assert casework.case().state == "due"
    assert casework.case().deadline_on == date(2026, 12, 28)
    assert casework.events() == [
        *("found", "recommended", "approved", "notice delivered", "later notice delivered"),
        *("final warning delivered", "fell due"),
    ]
    assert all(one.actor and one.reason and one.document for one in casework.history())


def test_twice_a_day_and_by_two_workers_it_happens_once(casework: Casework) -> None:
    walked_to_due(casework)
    before = casework.events()
    for _ in range(3):
        casework.run()
        casework.hear()
    assert casework.events() == before
    assert len(casework.cases()) == 1


def test_a_delivery_is_heard_between_two_runs(casework: Casework) -> None:
    casework.approved("2026-12-10")
    casework.letter("suspension_notice_1", "delivered")
    casework.hear()
    assert casework.case().day0 == date(2026, 12, 10)


def test_on_a_stale_ledger_nothing_falls_due(casework: Casework) -> None:
    casework.approved("2026-12-10")
    casework.on("2026-12-11", 20)
    casework.letter("suspension_notice_1", "delivered")
    casework.on("2026-12-23", 20)
    casework.letter("suspension_notice_final", "delivered")
    casework.run()
    casework.on("2026-12-29", fresh=False)
    casework.on("2027-01-04", fresh=False)
    assert casework.case().state == "warned"
    casework.on("2027-01-05")
    assert casework.case().state == "due"


def test_a_late_warning_lengthens_the_time(casework: Casework) -> None:
    casework.approved("2026-12-10")
    casework.on("2026-12-11", 20)
    casework.letter("suspension_notice_1", "delivered")
    casework.on("2026-12-28", 20)
    assert casework.due() == ["suspension_notice_final"]
    casework.letter("suspension_notice_final", "delivered")
    casework.on("2026-12-30")
    assert (casework.case().state, casework.case().deadline_on) == ("warned", date(2026, 12, 30))
    casework.on("2026-12-31")
    assert casework.case().state == "due"


def test_without_a_final_warning_nothing_falls_due(casework: Casework) -> None:
    casework.approved("2026-12-10")
    casework.on("2026-12-11", 20)
    casework.letter("suspension_notice_1", "delivered")
    casework.on("2027-01-29")
    assert (casework.case().state, casework.due()) == ("noticed", ["suspension_notice_final"])


def test_a_bounce_starts_no_clock_and_makes_a_task(casework: Casework) -> None:
    casework.approved("2026-12-10")
    casework.letter("suspension_notice_1", "bounced")
    casework.run()
    casework.run()
    assert (casework.case().state, casework.case().day0) == ("approved", None)
    assert casework.events()[-1] == "notice came back"
    assert [title for title in casework.tasks() if "came back" in title] != []
    casework.on("2026-12-14")
    assert casework.decide(Event.POSTED, "ana", attached=POSTED) == "noticed"
    assert casework.case().day0 == date(2026, 12, 14)
    assert [title for title in casework.tasks() if "came back" in title] == []
    casework.run()
    assert casework.case().state == "noticed", "the old bounce says nothing of what was posted"


def test_a_bounce_after_the_delivery_stops_the_clock(casework: Casework) -> None:
    casework.approved("2026-12-10")
    letter = casework.letter("suspension_notice_1", "delivered")
    casework.run()
    assert casework.case().state == "noticed"
    casework.book.change(Letter, Letter.id == letter, state="bounced")
    casework.on("2026-12-14")
    assert (casework.case().state, casework.case().deadline_on) == ("approved", None)


def test_a_call_alone_starts_no_clock_and_makes_a_task(casework: Casework) -> None:
    casework.approved("2026-12-10")
    casework.fired("suspension_notice_1", call_side="done")
    casework.run()
    assert not any("not been delivered" in title for title in casework.tasks()), "its letter may still leave"
    casework.on("2026-12-11")
    assert casework.case().state == "approved"
    assert sum("not been delivered" in title for title in casework.tasks()) == 1


def test_a_letter_that_nobody_reports_makes_a_task(casework: Casework) -> None:
    casework.approved("2026-12-10")
    casework.letter("suspension_notice_1", "accepted")
    casework.on("2026-12-11")
    assert not any("Nobody has reported" in title for title in casework.tasks())
    casework.on("2026-12-14")
    assert casework.case().state == "approved"
    assert sum("Nobody has reported" in title for title in casework.tasks()) == 1


def test_everything_may_go_by_post(casework: Casework) -> None:
    casework.approved("2026-12-10")
    casework.on("2026-12-11")
    assert casework.decide(Event.POSTED, "ana", attached=POSTED) == "noticed"
    assert casework.due() == [], "it was posted, so no letter is due"
    casework.on("2026-12-18")
    assert casework.decide(Event.LATER_POSTED, "ana", attached=POSTED) == "noticed"
    assert casework.due() == []
    casework.on("2026-12-23")
    assert casework.decide(Event.WARNING_POSTED, "ana", attached=POSTED) == "warned"
    assert casework.due() == []
    casework.on("2026-12-29")
    assert casework.case().state == "due"


def test_a_part_payment_is_noted_and_the_case_goes_on(casework: Casework) -> None:
    casework.approved("2026-12-10")
    casework.book.change(Invoice, Invoice.number == "INV-1", open_minor=100_000)
    casework.on("2026-12-14")
    last = casework.history()[-1]
    assert (last.event, last.reason) == ("part payment", "3,000.00 USD less, 1,000.00 USD left")
    casework.run()
    assert casework.history()[-1].id == last.id
    assert casework.case().state == "approved"


@pytest.mark.parametrize(
    ("how", "reason"),
    [("pay", "below the tolerance"), ("dispute", "disputed"), ("plan", "approved payment plan")],
)
def test_how_a_case_ends(casework: Casework, how: str, reason: str) -> None:
    casework.approved("2026-12-10")
    assert any("recommends" in title for title in casework.tasks(done=True))
    if how == "pay":
        casework.book.pay("INV-1")
    else:
        casework.book.hold("INV-1", how, date(2026, 12, 11))
    casework.on("2026-12-11")
    first = casework.cases()[0]
    ended = [one for one in casework.history() if one.case_id == first.id][-1]
    assert (first.state, ended.event, ended.actor) == ("withdrawn", "ended", "outreach")
    assert reason in ended.reason
    assert casework.due() == []


def test_new_invoices_need_a_new_notice(casework: Casework) -> None:
    case = casework.approved("2026-12-10")
    assert case.amount_minor == 400_000
    casework.on("2026-12-14")
    [occasion] = casework.occasions()
    assert len(occasion.invoice_ids) == 1, "INV-2 is old enough by now, and was not approved"
    casework.book.pay("INV-1")
    casework.on("2026-12-15")
    assert casework.cases()[0].state == "withdrawn"
    casework.on("2026-12-16")
    assert (casework.case().state, casework.case().amount_minor) == ("candidate", 50_000)


def test_until_its_approval_a_case_lists_what_is_true(casework: Casework) -> None:
    casework.on("2026-12-10")
    assert casework.case().amount_minor == 400_000
    casework.on("2026-12-14")
    assert casework.case().amount_minor == 450_000
    casework.book.pay("INV-1")
    casework.on("2026-12-15")
    assert casework.case().amount_minor == 50_000


def promise(casework: Casework, due_on: date) -> None:
    """As a rep takes it down."""
    book, now = casework.book, casework.clock.at
    with book.ledger.writing() as session:
        policy = policies.in_force(session).policy
        told = Told(
            session=session,
            account_id=1,
            owner_id=None,
            source="call",
            words="-",
            by="ana",
            on=policy.today(now),
            now=now,
            policy=policy,
        )
        invoices = session.scalars(select(Invoice).where(Invoice.open_minor > 0)).all()
        commitments.promise(told, invoices, due_on, None)


def noticed(casework: Casework) -> None:
    """Day 0 is the 10th, the deadline the 24th."""
    casework.approved("2026-12-10")
    casework.letter("suspension_notice_1", "delivered")
    casework.run()


@pytest.mark.parametrize(
    ("due_on", "state"), [(date(2026, 12, 24), "open"), (date(2026, 12, 28), "proposed")]
)
def test_a_promise_past_the_deadline_waits_for_a_supervisor(
    casework: Casework, due_on: date, state: str
) -> None:
    noticed(casework)
    promise(casework, due_on)
    with casework.book.ledger.reading() as session:
        assert session.scalars(select(Promise.state)).one() == state
    assert casework.case().state == "noticed", "the clock runs on"


def test_a_promise_of_before_that_is_too_late_is_told_once(casework: Casework) -> None:
    casework.approved("2026-12-10")
    promise(casework, date(2027, 1, 4))
    casework.letter("suspension_notice_1", "delivered")
    casework.run()
    for day in ("2026-12-14", "2026-12-15"):
        casework.on(day)
    assert [title for title in casework.tasks() if "promises to pay" in title] == [
        "RIDGE Inc. promises to pay on 2027-01-04, after its deadline 2026-12-24: "
        "withdraw the suspension, or let it run"
    ]
    assert casework.case().state == "noticed", "the clock runs on"


@pytest.mark.parametrize("bar", ["legal_hold_on", "insolvent_on", "agency_on"])
def test_a_barred_account_stands_still(casework: Casework, bar: str) -> None:
    casework.approved("2026-12-10")
    casework.on("2026-12-11", 20)
    casework.letter("suspension_notice_1", "delivered")
    casework.on("2026-12-23", 20)
    casework.letter("suspension_notice_final", "delivered")
    casework.run()
    casework.book.change(Account, Account.number == "RIDGE", **{bar: date(2026, 12, 24)})
    casework.on("2026-12-29")
    assert casework.case().state == "warned"
    assert any("stands still" in title for title in casework.tasks())


def test_a_barred_account_is_no_candidate(casework: Casework) -> None:
    casework.book.change(Account, Account.number == "RIDGE", insolvent_on=date(2026, 11, 1))
    casework.on("2026-12-10")
    assert casework.cases() == []


def test_who_may_decide_what(casework: Casework) -> None:
    casework.on("2026-12-10")
    with pytest.raises(NotFound):
        casework.decide(Event.RECOMMENDED, "ben")  # another rep's account
    with pytest.raises(NotFound):
        casework.decide(Event.RECOMMENDED, "nobody")
    with pytest.raises(NotAllowed, match="ask a supervisor"):
        casework.decide(Event.WITHDRAWN, "ana")
    with pytest.raises(NotAllowed, match="Say why"):
        casework.decide(Event.RECOMMENDED, "sam", reason="  ")
    casework.decide(Event.RECOMMENDED, "sam")
    with pytest.raises(NotAllowed, match="another supervisor"):
        casework.decide(Event.APPROVED, "sam")
    assert casework.decide(Event.APPROVED, "sue") == "approved"
    with pytest.raises(NotAllowed, match="Attach"):
        casework.decide(Event.POSTED, "ana")
    with pytest.raises(NotAllowed, match="candidate"):
        casework.decide(Event.RECOMMENDED, "ana")


def test_what_was_taken_off_the_list_is_not_found_again_at_once(casework: Casework) -> None:
    casework.on("2026-12-10")
    casework.decide(Event.WITHDRAWN, "sam", reason="they are moving banks")
    casework.on("2026-12-11")
    assert len(casework.cases()) == 1
    casework.on("2027-01-08")
    assert len(casework.cases()) == 2


def test_the_weeks_begin_on_our_day_of_the_withdrawal(casework: Casework) -> None:
    walked_to_due(casework)
    casework.clock.at = datetime(2026, 12, 30, 4, 30, tzinfo=UTC)  # 23:30 on the 29th in New York
    casework.decide(Event.WITHDRAWN, "sam", reason="we gave them time")
    for day in ("2026-12-30", "2027-01-26"):
        casework.on(day)
        assert len(casework.cases()) == 1
    casework.on("2027-01-27")
    assert len(casework.cases()) == 2


def test_every_decision_has_its_document(casework: Casework) -> None:
    casework.on("2026-12-10")
    casework.decide(Event.RECOMMENDED, "ana", attached=Attached("notes.txt", b"five calls, no answer"))
    casework.decide(Event.APPROVED, "sam")
    with casework.book.ledger.reading() as session:
        rows = session.scalars(select(SuspensionTransition).order_by(SuspensionTransition.id)).all()
        kept = [read(casework.files, session.get_one(Paper, row.paper_id)) for row in rows if row.paper_id]
    assert [row.document for row in rows] == ["ledger of 2026-12-10, import 1", "notes.txt", "case sheet"]
    assert kept[0] == b"five calls, no answer"
    assert b'"state": "recommended"' in kept[1]
    assert b"INV-1" in kept[1]


def test_every_transition_is_in_the_log(casework: Casework) -> None:
    walked_to_due(casework)
    with casework.book.ledger.reading() as session:
        logged = session.execute(
            select(LogEntry.what, LogEntry.actor, LogEntry.invoices)
            .where(LogEntry.about == f"suspension:{casework.case().id}")
            .order_by(LogEntry.id)
        ).all()
        assert list(verify(session)) == []
    assert [what for what, *_ in logged] == [f"suspension: {event}" for event in casework.events()]
    assert {tuple(numbers) for *_, numbers in logged} == {("INV-1",)}


def test_transitions_are_append_only(casework: Casework) -> None:
    casework.on("2026-12-10")
    for change in ("UPDATE suspension_transitions SET reason = 'x'", "DELETE FROM suspension_transitions"):
        with (
            pytest.raises(Exception, match="append-only"),
            casework.book.ledger.writing() as session,
        ):
            session.connection().exec_driver_sql(change)


def test_currencies_are_cases_of_their_own(casework: Casework) -> None:
    casework.book.invoice("RIDGE", "INV-3", date(2026, 10, 1), 900, currency="EUR")
    casework.on("2026-12-10")
    assert [(one.currency, one.amount_minor) for one in casework.cases()] == [
        ("EUR", 90_000),
        ("USD", 400_000),
    ]


def test_credits_count(casework: Casework) -> None:
    casework.book.invoice("RIDGE", "CM-1", date(2026, 12, 1), -3950)
    casework.on("2026-12-10")
    assert casework.cases() == []


def test_the_run_says_what_it_came_to(casework: Casework) -> None:
    assert casework.on("2026-12-10") == daily.Run(found=1, looked_at=1)
    assert casework.on("2026-12-11") == daily.Run(found=0, looked_at=1)
