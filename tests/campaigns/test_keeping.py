"""Promises judged by what the ledger knows, and chased where they were not kept (product.md 4)."""

from datetime import date

import pytest
from sqlalchemy import select

from outreach.campaigns.agreements import commitments, promising
from outreach.campaigns.agreements.commitments import Told
from outreach.campaigns.planning import settling
from outreach.ledger import day_work, policies
from outreach.ledger.commitments import CommitmentError, Hold, Promise
from outreach.ledger.imports import Import
from outreach.ledger.people import User
from outreach.ledger.receivables import Account, Application, Invoice
from outreach.ledger.tasks import Task
from outreach.reports.metrics import metrics
from tests.campaigns.book import Book, at

FRI_20, MON_23, WED_25, FRI_27 = (date(2026, 11, day) for day in (20, 23, 25, 27))
MON_30, TUE_1, WED_2, THU_10 = date(2026, 11, 30), *(date(2026, 12, day) for day in (1, 2, 10))


@pytest.fixture
def promised(book: Book) -> Book:
    """One invoice of 1,000, 10 days past due, promised on Friday for Wednesday; grace day Friday 27th."""
    book.imported(FRI_20)
    book.account("A")
    book.invoice("A", "I1", date(2026, 11, 10))
    promise(book, "I1", on=FRI_20, due=WED_25)
    return book


def promise(book: Book, *numbers: str, on: date, due: date, amount: int | None = None) -> int:
    with book.ledger.writing() as session:
        invoices = session.scalars(select(Invoice).where(Invoice.number.in_(numbers))).all()
        told = Told(
            session=session,
            account_id=invoices[0].account_id,
            owner_id=None,
            source="call",
            words="we pay",
            by="ana",
            on=on,
            now=at(on),
            policy=policies.in_force(session).policy,
        )
        commitments.promise(told, invoices, due, None if amount is None else amount * 100)
        newest = session.scalars(select(Promise).order_by(Promise.id.desc())).first()
        assert newest
        return newest.id


def applied(book: Book, number: str, amount: int, on: date, *, kind: str = "payment", known: date) -> None:
    """Money as a history tells it, recorded when it was known."""
    with book.ledger.writing() as session:
        invoice = session.scalars(select(Invoice).where(Invoice.number == number)).one()
        invoice.open_minor -= amount * 100
        row = Application(invoice_id=invoice.id, amount_minor=amount * 100, kind=kind, dated_on=on)
        row.recorded_at = at(known)
        session.add(row)


def told(book: Book, as_of: date, *, form: str = "history", source: str = "ledger") -> None:
    rest = {"file_name": "-", "sha256": "-", "actor": "test", "state": "applied"}
    book.add(Import(source=source, form=form, as_of=as_of, started_at=at(as_of), **rest))


def state(book: Book) -> str:
    with book.ledger.reading() as session:
        return session.scalars(select(Promise.state).order_by(Promise.id)).all()[-1]


def broken_on(book: Book) -> date | None:
    """Since when the account stands in the queue as one that broke its promise."""
    with book.ledger.reading() as session:
        return session.scalars(select(Account.broken_on)).one()


def settle(book: Book, on: date) -> int:
    return settling.settle(book.ledger, at(on))


def kept_rate(book: Book, on: date) -> float | None:
    with book.ledger.reading() as session:
        found = metrics(session, on, policies.in_force(session), at(THU_10))
    rate: float | None = found["kept_rate"]
    return rate


def test_it_was_kept_on_every_day_before_its_payment_bounced(promised: Book) -> None:
    applied(promised, "I1", 1000, WED_25, known=MON_30)
    told(promised, MON_30)
    settle(promised, MON_30)
    assert (state(promised), kept_rate(promised, MON_30)) == ("kept", 100)
    applied(promised, "I1", -1000, THU_10, kind="reversal", known=THU_10)
    told(promised, THU_10)
    settle(promised, THU_10)
    assert (state(promised), kept_rate(promised, THU_10)) == ("broken", 0)
    assert kept_rate(promised, MON_30) == 100


def test_it_is_not_judged_before_the_ledger_knows_its_grace_day(promised: Book) -> None:
    told(promised, date(2026, 11, 26))
    assert settle(promised, MON_30) == 0
    assert state(promised) == "open"
    told(promised, FRI_27)
    assert settle(promised, MON_30) == 1
    assert state(promised) == "broken"
    assert settle(promised, MON_30) == 0


def test_mondays_plan_has_it_as_broken(promised: Book) -> None:
    """The golden vector of product.md 7."""
    told(promised, FRI_27)
    assert promised.plan(FRI_27).fired == {"followup_15": 1}  # its grace day: it is held
    assert promised.left_out("A") == {"call": "held by promise", "email": "held by promise"}
    result = promised.plan(MON_30)
    assert result.fired["broken_promise"] == 1
    (call,) = promised.touches(MON_30, "call")
    assert (call.step, call.tier) == ("broken_promise", 1)
    assert call.reasons[0] == "1,000.00 USD promised for Nov 25 has not come"


@pytest.mark.parametrize(
    ("amount", "on", "judged"),
    [
        (1000, WED_25, "kept"),
        (990, FRI_27, "kept"),  # 1 % is forgiven
        (1000, date(2026, 11, 28), "broken"),  # a day late
        (400, WED_25, "kept in part"),
        (1000, FRI_20, "kept"),  # the day it was made
    ],
)
def test_what_came_in_time_decides(promised: Book, amount: int, on: date, judged: str) -> None:
    applied(promised, "I1", amount, on, known=MON_30)
    told(promised, MON_30)
    settle(promised, MON_30)
    assert state(promised) == judged


def test_what_was_known_when_it_was_made_is_not_new(promised: Book) -> None:
    applied(promised, "I1", 100, FRI_20, known=date(2026, 11, 19))
    told(promised, MON_30)
    settle(promised, MON_30)
    assert state(promised) == "broken"


def test_a_snapshot_that_first_knows_it_is_believed(promised: Book) -> None:
    """It dates the payment by the day it was seen: it may have come on Wednesday."""
    told(promised, MON_30, form="snapshot")
    applied(promised, "I1", 1000, MON_30, kind="vanished", known=MON_30)
    settle(promised, MON_30)
    assert state(promised) == "kept"


def test_the_snapshot_of_the_grace_day_may_have_been_drawn_in_the_morning(promised: Book) -> None:
    told(promised, FRI_27, form="snapshot")
    settle(promised, MON_30)
    assert (state(promised), broken_on(promised)) == ("broken", MON_30)
    told(promised, MON_30, form="snapshot")
    applied(promised, "I1", 1000, MON_30, kind="vanished", known=MON_30)
    settle(promised, MON_30)
    assert (state(promised), broken_on(promised)) == ("kept", None)


def test_a_later_snapshot_is_too_late(promised: Book) -> None:
    told(promised, MON_30, form="snapshot")
    told(promised, TUE_1, form="snapshot")
    applied(promised, "I1", 1000, TUE_1, kind="vanished", known=TUE_1)
    settle(promised, TUE_1)
    assert state(promised) == "broken"


def test_every_source_must_have_told(promised: Book) -> None:
    promised.invoice("A", "I2", date(2026, 11, 10))
    promised.change(Invoice, Invoice.number == "I2", source="other")
    promise(promised, "I1", "I2", on=FRI_20, due=WED_25)
    told(promised, MON_30)
    assert settle(promised, MON_30) == 0
    told(promised, FRI_27, source="other")
    assert settle(promised, MON_30) == 1


def test_cash_that_waits_to_be_applied_keeps_it_pending(promised: Book) -> None:
    promised.invoice("A", "R1", WED_25, -1000, kind="receipt")
    told(promised, MON_30)
    settle(promised, MON_30)
    assert state(promised) == "pending"
    with promised.ledger.reading() as session:
        (task,) = session.scalars(select(Task)).all()
    assert (task.kind, task.due_on) == ("apply cash", TUE_1)
    promised.change(Invoice, Invoice.number == "R1", open_minor=0)
    applied(promised, "I1", 1000, WED_25, known=TUE_1)
    told(promised, TUE_1)
    settle(promised, TUE_1)
    assert state(promised) == "kept"


def test_a_payment_that_bounces_later_breaks_it(promised: Book) -> None:
    applied(promised, "I1", 1000, WED_25, known=MON_30)
    told(promised, MON_30)
    settle(promised, MON_30)
    assert state(promised) == "kept"
    applied(promised, "I1", -1000, WED_2, kind="reversal", known=WED_2)
    told(promised, WED_2)
    assert settle(promised, WED_2) == 1
    assert state(promised) == "broken"


def test_what_bounces_of_a_promise_kept_in_part_breaks_it_too(promised: Book) -> None:
    applied(promised, "I1", 400, WED_25, known=MON_30)
    told(promised, MON_30)
    settle(promised, MON_30)
    applied(promised, "I1", 600, TUE_1, known=TUE_1)
    told(promised, TUE_1)
    settle(promised, TUE_1)
    assert state(promised) == "kept in part"
    applied(promised, "I1", -1000, WED_2, kind="reversal", known=WED_2)
    told(promised, WED_2)
    assert settle(promised, WED_2) == 1
    assert (state(promised), broken_on(promised)) == ("broken", WED_2)
    promised.plan(WED_2)
    assert promised.firings()[("broken_promise", "1")].state == "open"


def test_it_is_no_more_chased_once_it_is_paid(promised: Book) -> None:
    told(promised, MON_30)
    promised.plan(MON_30)
    applied(promised, "I1", 1000, TUE_1, known=TUE_1)
    told(promised, TUE_1)
    promised.plan(TUE_1)
    firing = promised.firings()[("broken_promise", "1")]
    assert (firing.state, firing.ended_why) == ("lapsed", "paid")
    assert promised.called(TUE_1) == []


def test_a_disputed_part_is_not_chased_as_broken(promised: Book) -> None:
    promised.hold("I1", "dispute", FRI_27)
    told(promised, MON_30)
    promised.plan(MON_30)
    firing = promised.firings()[("broken_promise", "1")]
    assert (firing.call_rule, firing.email_rule) == ("held by dispute", "held by dispute")


def test_a_new_promise_takes_the_place_of_the_old(promised: Book) -> None:
    promise(promised, "I1", on=MON_23, due=MON_30)
    with promised.ledger.reading() as session:
        old, new = session.scalars(select(Promise).order_by(Promise.id)).all()
        holds = session.scalars(select(Hold).order_by(Hold.id)).all()
    assert (old.state, new.state, new.reschedules, new.replaces_id) == ("rescheduled", "open", 1, old.id)
    assert [(hold.promise_id, hold.ended_on) for hold in holds] == [(old.id, MON_23), (new.id, None)]


def test_the_second_time_the_supervisor_hears_of_it(promised: Book) -> None:
    promise(promised, "I1", on=MON_23, due=MON_30)
    promise(promised, "I1", on=date(2026, 11, 24), due=WED_2)
    with promised.ledger.reading() as session:
        (task,) = session.scalars(select(Task)).all()
    assert (task.for_role, task.title) == (
        "supervisor",
        "Put off 2 times, now to 2026-12-02: decide how to go on",
    )


def test_a_promise_of_one_of_two_invoices_leaves_the_other_promised(promised: Book) -> None:
    promised.invoice("A", "I2", date(2026, 11, 12), 500)
    promise(promised, "I1", "I2", on=FRI_20, due=WED_25)
    promise(promised, "I2", on=MON_23, due=MON_30)
    with promised.ledger.reading() as session:
        _, both, one = session.scalars(select(Promise).order_by(Promise.id)).all()
        assert day_work.promised(session, FRI_20) == [("USD", 2, 250_000)]  # as that day gave
    assert (both.state, both.amount_minor, one.amount_minor) == ("open", 100_000, 50_000)


def test_the_second_broken_one_in_90_days_goes_to_the_supervisor(promised: Book) -> None:
    told(promised, FRI_27)
    settle(promised, MON_30)
    with promised.ledger.reading() as session:
        assert session.scalars(select(Account.broken_on)).one() == MON_30
        assert session.scalars(select(Task)).all() == []
    promise(promised, "I1", on=MON_30, due=TUE_1)
    with promised.ledger.reading() as session:
        assert session.scalars(select(Account.broken_on)).one() is None
    told(promised, date(2026, 12, 3))
    settle(promised, date(2026, 12, 3))
    with promised.ledger.reading() as session:
        (task,) = session.scalars(select(Task)).all()
    assert (task.for_role, task.title) == ("supervisor", "2 promises broken in 90 days: A Inc.")


def test_a_broken_promise_of_an_old_balance_comes_before_all_others(promised: Book) -> None:
    """Tier 1 until the next conversation or promise, whatever the step (product.md 2)."""
    told(promised, MON_30)
    promised.plan(MON_30)
    (call,) = promised.touches(MON_30, "call")
    promised.end(call, MON_30, closes=True)
    promised.account("B")
    promised.invoice("B", "B1", date(2026, 9, 1), 50_000)
    promised.invoice("A", "I2", date(2026, 11, 26), 100)
    told(promised, TUE_1)
    promised.plan(TUE_1)
    assert promised.called(TUE_1) == ["A", "B"]


def test_a_reminder_leaves_one_business_day_before(promised: Book) -> None:
    promise(promised, "I1", on=FRI_20, due=MON_30)
    told(promised, date(2026, 11, 24))
    promised.plan(WED_25)
    assert ("promise_check", "2") not in promised.firings()
    told(promised, WED_25)
    promised.plan(FRI_27)
    firing = promised.firings()[("promise_check", "2")]
    assert (firing.state, firing.call_side, firing.email_side, firing.email_rule) == (
        "open",
        "none",
        "open",
        None,
    )
    (letter,) = promised.touches(FRI_27, "email")
    assert letter.step == "promise_check"
    promised.plan(TUE_1)
    lapsed = promised.firings()[("promise_check", "2")]
    assert (lapsed.state, lapsed.ended_why) == ("lapsed", "caught up too late")


def test_a_day_far_ahead_needs_a_supervisor(promised: Book) -> None:
    """Until then it holds for two business days; a rep's own word is none."""
    far = date(2027, 1, 15)
    promise_id = promise(promised, "I1", on=MON_23, due=far)
    promised.add(User(login="sue", role="supervisor", name="Sue", password_hash="-", created_at=at(FRI_20)))
    with promised.ledger.writing() as session:
        people = {user.login: user for user in session.scalars(select(User))}
        found = session.get_one(Promise, promise_id)
        hold = session.scalars(select(Hold).where(Hold.promise_id == promise_id)).one()
        assert (found.state, hold.until) == ("proposed", WED_25)
        with pytest.raises(CommitmentError, match="Only a supervisor"):
            promising.agree(session, found, by=people["ana"], now=at(MON_23))
        promising.agree(session, found, by=people["sue"], now=at(MON_23))
        session.refresh(hold)
        assert (found.state, found.agreed_by, hold.until) == ("open", "sue", found.grace_on)
        with pytest.raises(CommitmentError, match="needs nobody's word"):
            promising.agree(session, found, by=people["sue"], now=at(MON_23))


def holds(book: Book) -> list[tuple[str, int | None]]:
    """What promises hold now, by invoice."""
    with book.ledger.reading() as session:
        query = select(Invoice.number, Hold.amount_minor).join(Invoice, Invoice.id == Hold.invoice_id)
        mine = query.where(Hold.kind == "promise", Hold.ended_on.is_(None)).order_by(Hold.id)
        return [(number, minor) for number, minor in session.execute(mine)]


def states(book: Book) -> list[str]:
    with book.ledger.reading() as session:
        return list(session.scalars(select(Promise.state).order_by(Promise.id)))


@pytest.fixture
def owing(book: Book) -> Book:
    """Two invoices of 1,000 past due, nothing promised."""
    book.imported(FRI_20)
    book.account("A")
    book.invoice("A", "I1", date(2026, 11, 10))
    book.invoice("A", "I2", date(2026, 11, 12))
    return book


def test_what_is_paid_ahead_of_its_day_is_held_no_more(owing: Book) -> None:
    """A half of I1 is promised and paid: the other half, which nobody promised, is asked for."""
    promise(owing, "I1", on=FRI_20, due=MON_30, amount=500)
    assert holds(owing) == [("I1", 50_000)]
    applied(owing, "I1", 200, MON_23, known=MON_23)
    assert settle(owing, MON_23) == 1
    assert holds(owing) == [("I1", 30_000)]
    assert settle(owing, MON_23) == 0
    applied(owing, "I1", 300, MON_23, known=WED_25)
    assert settle(owing, WED_25) == 1
    assert (holds(owing), state(owing)) == ([], "open")
    applied(owing, "I1", -300, WED_25, kind="reversal", known=WED_25)
    settle(owing, WED_25)
    assert holds(owing) == [("I1", 30_000)]


def test_nobody_is_reminded_of_what_they_have_paid(owing: Book) -> None:
    promise(owing, "I1", on=FRI_20, due=MON_30, amount=500)
    applied(owing, "I1", 500, MON_23, known=WED_25)
    told(owing, WED_25)
    settle(owing, FRI_27)
    owing.plan(FRI_27)
    assert ("promise_check", "1") not in owing.firings()


def test_the_reminder_speaks_of_what_is_still_to_come(owing: Book) -> None:
    promise(owing, "I1", on=FRI_20, due=MON_30, amount=500)
    applied(owing, "I1", 200, MON_23, known=WED_25)
    told(owing, WED_25)
    settle(owing, FRI_27)
    owing.plan(FRI_27)
    (letter,) = owing.touches(FRI_27, "email")
    assert "300.00 USD promised for Nov 30" in letter.reasons


def test_a_payment_of_any_invoice_it_covers_keeps_it(owing: Book) -> None:
    promise(owing, "I1", "I2", on=FRI_20, due=WED_25, amount=1000)
    assert holds(owing) == [("I1", 100_000)]
    applied(owing, "I2", 1000, WED_25, known=MON_30)
    told(owing, MON_30)
    settle(owing, MON_30)
    assert state(owing) == "kept"


def test_what_is_disputed_is_not_held_twice(owing: Book) -> None:
    owing.hold("I1", "dispute", FRI_20)
    promise(owing, "I1", "I2", on=FRI_20, due=WED_25, amount=500)
    assert holds(owing) == [("I2", 50_000)]


def test_one_payment_keeps_one_promise(owing: Book) -> None:
    """The second takes over I1: what is paid of it is nothing to the first any more."""
    promise(owing, "I1", "I2", on=FRI_20, due=WED_25)
    promise(owing, "I1", on=MON_23, due=WED_25)
    applied(owing, "I1", 1000, WED_25, known=MON_30)
    told(owing, MON_30)
    settle(owing, MON_30)
    assert states(owing) == ["broken", "kept"]


def test_what_had_come_stays_with_what_is_left_of_a_promise(owing: Book) -> None:
    promise(owing, "I1", "I2", on=FRI_20, due=WED_25)
    applied(owing, "I2", 400, MON_23, known=MON_23)
    settle(owing, MON_23)
    promise(owing, "I1", on=MON_23, due=MON_30)
    with owing.ledger.reading() as session:
        old = session.scalars(select(Promise).order_by(Promise.id)).first()
        assert old
        assert (old.amount_minor, old.received_minor) == (100_000, 40_000)
    assert holds(owing) == [("I2", 60_000), ("I1", 100_000)]


@pytest.mark.parametrize("kind", ["reversal", "restated"])
def test_a_payment_withdrawn_in_whatever_way_breaks_it(promised: Book, kind: str) -> None:
    applied(promised, "I1", 1000, WED_25, known=MON_30)
    told(promised, MON_30)
    settle(promised, MON_30)
    applied(promised, "I1", -1000, WED_2, kind=kind, known=WED_2)
    told(promised, WED_2)
    settle(promised, WED_2)
    assert state(promised) == "broken"


def test_the_bounce_of_another_payment_breaks_nothing(owing: Book) -> None:
    promise(owing, "I1", on=FRI_20, due=WED_25, amount=300)
    applied(owing, "I1", 300, WED_25, known=MON_30)
    told(owing, MON_30)
    settle(owing, MON_30)
    applied(owing, "I1", 700, TUE_1, known=TUE_1)
    applied(owing, "I1", -700, WED_2, kind="reversal", known=WED_2)
    told(owing, WED_2)
    assert settle(owing, WED_2) == 0
    assert state(owing) == "kept"


def test_a_promise_whose_cash_waits_can_be_put_off(promised: Book) -> None:
    promised.invoice("A", "R1", WED_25, -1000, kind="receipt")
    told(promised, MON_30)
    settle(promised, MON_30)
    promise(promised, "I1", on=MON_30, due=WED_2)
    assert states(promised) == ["rescheduled", "open"]


def test_an_earlier_day_in_between_does_not_hide_that_it_was_put_off(promised: Book) -> None:
    promise(promised, "I1", on=MON_23, due=MON_30)
    promise(promised, "I1", on=MON_23, due=FRI_27)
    promise(promised, "I1", on=MON_23, due=WED_2)
    with promised.ledger.reading() as session:
        assert session.scalars(select(Promise.reschedules).order_by(Promise.id)).all() == [0, 1, 1, 2]
        assert len(session.scalars(select(Task)).all()) == 1


def test_a_customers_promise_is_kept_or_broken_by_each_account(book: Book) -> None:
    """Holds and promises stay on the child (product.md 1): each is chased for its own."""
    book.imported(FRI_20)
    book.account("P")
    book.account("C", parent="P")
    book.invoice("P", "I1", date(2026, 11, 10))
    book.invoice("C", "I2", date(2026, 11, 12))
    promise(book, "I1", "I2", on=FRI_20, due=WED_25, amount=1500)
    with book.ledger.reading() as session:
        found = session.execute(
            select(Account.number, Promise.amount_minor).join(Account, Account.id == Promise.account_id)
        )
        assert [tuple(row) for row in found] == [("P", 100_000), ("C", 50_000)]
    applied(book, "I1", 1000, WED_25, known=MON_30)
    told(book, MON_30)
    book.plan(MON_30)
    assert states(book) == ["kept", "broken"]
    (call,) = book.touches(MON_30, "call")
    assert (call.step, call.tier) == ("broken_promise", 1)
