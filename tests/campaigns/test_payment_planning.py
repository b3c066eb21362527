"""Payment plans: asked for, agreed to by somebody else, told by what comes in (product.md 4)."""

from datetime import date

import pytest
from sqlalchemy import select

from outreach.campaigns.agreements import commitments, payment_planning
from outreach.campaigns.agreements.commitments import Told
from outreach.campaigns.agreements.payment_planning import Request
from outreach.ledger import policies
from outreach.ledger.commitments import CommitmentError, Hold
from outreach.ledger.payment_plans import PaymentPlan, PlanInstalment
from outreach.ledger.people import User
from outreach.ledger.receivables import Account, Invoice
from outreach.ledger.suspensions import SuspensionCase, SuspensionInvoice
from outreach.ledger.tasks import Task
from outreach.rules import outcomes
from outreach.rules.outcomes import Disposition
from outreach.rules.payment_plans import Instalment
from tests.campaigns.book import Book, at
from tests.campaigns.test_keeping import applied, settle, told

MON, TUE, WED, THU = date(2026, 11, 30), date(2026, 12, 1), date(2026, 12, 2), date(2026, 12, 3)
DAYS = (TUE, date(2026, 12, 15), date(2027, 1, 4))


@pytest.fixture
def owing(book: Book) -> Book:
    """Two invoices of 300 past due, a rep and two supervisors."""
    told(book, MON)
    book.account("A")
    book.invoice("A", "I1", date(2026, 11, 10), 200)
    book.invoice("A", "I2", date(2026, 11, 12), 100)
    for login in ("sue", "tom"):
        book.add(User(login=login, role="supervisor", name=login, password_hash="-", created_at=at(MON)))
    return book


def request(book: Book, *, by: str = "ana", amounts: tuple[int, ...] = (100, 100, 100)) -> int:
    with book.ledger.writing() as session:
        asked = Request(
            account=session.scalars(select(Account)).one(),
            invoices=session.scalars(select(Invoice).where(Invoice.open_minor > 0)).all(),
            instalments=[Instalment(day, amount * 100) for day, amount in zip(DAYS, amounts, strict=False)],
            reason="cash flow",
        )
        policy = policies.in_force(session).policy
        return payment_planning.request(session, asked, by=user(book, by), now=at(MON), policy=policy).id


def user(book: Book, login: str) -> User:
    with book.ledger.reading() as session:
        return session.scalars(select(User).where(User.login == login)).one()


def approve(book: Book, plan_id: int, *, by: str = "sue") -> None:
    with book.ledger.writing() as session:
        policy, plan = policies.in_force(session).policy, session.get_one(PaymentPlan, plan_id)
        payment_planning.approve(session, plan, by=user(book, by), now=at(MON), policy=policy)


def plan(book: Book) -> PaymentPlan:
    with book.ledger.reading() as session:
        return session.scalars(select(PaymentPlan)).one()


def waiting(book: Book) -> list[str]:
    """The tasks that are to be done, by their keys."""
    with book.ledger.reading() as session:
        return list(session.scalars(select(Task.key).where(Task.done_at.is_(None)).order_by(Task.id)))


def test_a_request_holds_nothing_until_it_is_agreed_to(owing: Book) -> None:
    plan_id = request(owing)
    owing.plan(TUE)
    assert owing.called(TUE) == ["A"]
    approve(owing, plan_id)
    owing.plan(WED)
    assert owing.left_out("A")["call"] == "held by plan"
    with owing.ledger.reading() as session:
        assert [hold.kind for hold in session.scalars(select(Hold))] == ["plan", "plan"]
        tasks = session.scalars(select(Task)).all()
    assert [(task.kind, task.for_role, task.done_by) for task in tasks] == [
        ("payment plan", "supervisor", "sue")
    ]


def test_a_request_takes_up_what_they_asked_for_on_the_phone(owing: Book) -> None:
    with owing.ledger.writing() as session:
        told_us = Told(
            session=session,
            account_id=session.scalars(select(Account.id)).one(),
            owner_id=None,
            source="call",
            words="in three parts?",
            by="ana",
            on=MON,
            now=at(MON),
            policy=policies.in_force(session).policy,
        )
        asked = outcomes.follow_up(Disposition.PAYMENT_PLAN_REQUEST, MON, told_us.policy)
        assert asked
        commitments.follow_up(told_us, asked)
    plan_id = request(owing)
    assert waiting(owing) == [f"payment plan:{plan_id}"]


@pytest.mark.parametrize(("by", "words"), [("ana", "Only a supervisor"), ("tom", "asked for this plan")])
def test_nobody_agrees_to_their_own_request_and_no_rep_to_any(owing: Book, by: str, words: str) -> None:
    plan_id = request(owing, by="tom")
    with pytest.raises(CommitmentError, match=words):
        approve(owing, plan_id, by=by)
    assert plan(owing).state == "requested"


def test_the_instalments_must_sum_to_what_is_open(owing: Book) -> None:
    with pytest.raises(CommitmentError, match=r"covers 300\.00 USD: the instalments must sum"):
        request(owing, amounts=(100, 100, 99))


def test_an_invoice_is_in_one_plan_only(owing: Book) -> None:
    request(owing)
    with pytest.raises(CommitmentError, match="Another plan covers I1, I2"):
        request(owing)


def test_it_is_told_by_what_comes_in_and_resumes_the_ladder_when_it_fails(owing: Book) -> None:
    approve(owing, request(owing))
    told(owing, WED)
    assert settle(owing, WED) == 0, "its grace day"
    told(owing, THU)
    assert settle(owing, THU) == 1
    assert plan(owing).state == "at risk"
    assert waiting(owing) == ["plan at risk:1"]
    applied(owing, "I1", 100, THU, known=date(2026, 12, 4))
    told(owing, date(2026, 12, 4))
    assert settle(owing, date(2026, 12, 4)) == 1
    assert (plan(owing).state, waiting(owing)) == ("active", [])
    with owing.ledger.reading() as session:
        instalments = session.scalars(select(PlanInstalment).order_by(PlanInstalment.number)).all()
    assert [one.paid for one in instalments] == [True, False, False]
    late = date(2026, 12, 23)
    told(owing, late)
    settle(owing, late)
    assert plan(owing).state == "defaulted"
    with owing.ledger.reading() as session:
        assert {hold.ended_on for hold in session.scalars(select(Hold))} == {late}
    owing.plan(late)
    assert owing.called(late) == ["A"]


def test_a_plan_that_is_paid_is_completed(owing: Book) -> None:
    approve(owing, request(owing))
    applied(owing, "I1", 200, TUE, known=WED)
    applied(owing, "I2", 99, TUE, known=WED)
    told(owing, WED)
    settle(owing, WED)
    assert (plan(owing).state, plan(owing).received_minor) == ("completed", 29_900)
    assert settle(owing, WED) == 0


@pytest.mark.parametrize(
    ("known", "state", "called"),
    [(WED, "active", []), (THU, "at risk", []), (date(2026, 12, 23), "defaulted", ["A"])],
)
def test_a_payment_that_bounces_takes_the_completion_back(
    owing: Book, known: date, state: str, called: list[str]
) -> None:
    approve(owing, request(owing))
    applied(owing, "I1", 200, MON, known=TUE)
    applied(owing, "I2", 100, MON, known=TUE)
    told(owing, TUE)
    settle(owing, TUE)
    assert plan(owing).state == "completed"
    applied(owing, "I1", -200, WED, kind="reversal", known=known)
    applied(owing, "I2", -100, WED, kind="reversal", known=known)
    told(owing, known)
    assert settle(owing, known) == 1
    assert plan(owing).state == state
    assert settle(owing, known) == 0
    owing.plan(known)
    assert owing.called(known) == called


def test_a_bounce_long_after_the_last_instalment_takes_nothing_back(owing: Book) -> None:
    approve(owing, request(owing))
    applied(owing, "I1", 200, TUE, known=WED)
    applied(owing, "I2", 100, TUE, known=WED)
    told(owing, WED)
    settle(owing, WED)
    late = date(2027, 5, 5)
    applied(owing, "I1", -200, late, kind="reversal", known=late)
    told(owing, late)
    assert settle(owing, late) == 0


def test_a_dispute_of_what_it_covers_is_told_to_the_supervisor(owing: Book) -> None:
    approve(owing, request(owing))
    with owing.ledger.writing() as session:
        one = session.scalars(select(Invoice).where(Invoice.number == "I1")).one()
        case = SuspensionCase(account_id=one.account_id, currency="USD", state="noticed", opened_on=MON)
        case.amount_minor = case.unpaid_minor = one.open_minor
        case.moved_at = at(MON)
        session.add(case)
        session.flush()
        session.add(SuspensionInvoice(case_id=case.id, invoice_id=one.id, amount_minor=one.open_minor))
        told_us = Told(
            session=session,
            account_id=one.account_id,
            owner_id=None,
            source="call",
            words="the wrong price",
            by="ana",
            on=MON,
            now=at(MON),
            policy=policies.in_force(session).policy,
        )
        commitments.dispute(told_us, [one], "the wrong price")
        titles = session.scalars(select(Task.title).where(Task.kind == "escalation")).all()
    assert titles == ["They dispute I1, in suspension case 1 and payment plan 1: A Inc."]


def test_a_reminder_before_each_instalment(owing: Book) -> None:
    approve(owing, request(owing))
    owing.plan(MON)
    firing = owing.firings()[("instalment_check", "1")]
    assert (firing.call_side, firing.email_side, firing.email_rule) == ("none", "open", None)
    (letter,) = owing.touches(MON, "email")
    assert (letter.step, letter.reasons) == (
        "instalment_check",
        ["instalment 1, 100.00 USD, due on Dec 1"],
    )


def test_taken_back_it_holds_nothing(owing: Book) -> None:
    plan_id = request(owing)
    approve(owing, plan_id)
    with owing.ledger.writing() as session:
        policy, found = policies.in_force(session).policy, session.get_one(PaymentPlan, plan_id)
        payment_planning.end(session, found, "sold", by=user(owing, "tom"), now=at(TUE), policy=policy)
    owing.plan(TUE)
    assert owing.called(TUE) == ["A"]
