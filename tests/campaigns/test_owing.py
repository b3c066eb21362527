"""An answer we owe goes to the top of the day's calls, once, and no plan loses it."""

from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import select

from outreach.campaigns.conversations.owing import FIRST, Owed, owe
from outreach.campaigns.planning.expiry import expire
from outreach.ledger import policies
from outreach.ledger.destinations import Contact
from outreach.ledger.people import User
from outreach.ledger.receivables import Account
from outreach.rules.steps import REPLY_WAITING, VOICEMAIL_RETURN
from tests.campaigns.book import Book, at

FRI, SAT, MON, TUE = date(2026, 12, 4), date(2026, 12, 5), date(2026, 12, 7), date(2026, 12, 8)


def asked(book: Book, account_id: int, item: str = "v1", *, now: datetime, **columns: Any) -> datetime | None:
    owed = Owed(
        step=VOICEMAIL_RETURN,
        item=item,
        account_id=account_id,
        reason="voicemail of Dec 7 at 09:12",
        **columns,
    )
    with book.ledger.writing() as session:
        return owe(session, owed, policies.in_force(session), now)


def test_it_is_called_first_although_nothing_is_owed_to_us(book: Book) -> None:
    late, calm = book.account("LATE"), book.account("CALM")
    book.imported(MON)
    book.invoice("LATE", "L-1", MON - timedelta(days=40), 9000)
    book.plan(MON)
    assert asked(book, calm, now=at(MON, 15)) == at(MON, 15)
    assert book.called(MON) == ["CALM", "LATE"]
    first, second = book.touches(MON, "call")
    assert (first.account_id, first.tier, first.rank) == (calm, 0, FIRST)
    assert first.reasons == ["voicemail of Dec 7 at 09:12"]
    assert second.account_id == late


def test_it_joins_the_call_that_is_planned_anyway(book: Book) -> None:
    late = book.account("LATE")
    book.imported(MON)
    book.invoice("LATE", "L-1", MON - timedelta(days=40), 9000)
    book.plan(MON)
    planned = book.touches(MON, "call")[0].reasons
    asked(book, late, now=at(MON, 15))
    (touch,) = book.touches(MON, "call")
    assert book.carried(touch.id) == {"overdue_31 LATE", "voicemail_return v1"}
    assert (touch.step, touch.tier, touch.rank) == ("voicemail_return", 0, FIRST)
    assert touch.reasons == ["voicemail of Dec 7 at 09:12", *planned]
    assert touch.value_minor == 900_000


def test_asking_twice_changes_nothing(book: Book) -> None:
    calm = book.account("CALM")
    asked(book, calm, now=at(MON, 15))
    before = book.rows()
    assert asked(book, calm, now=at(MON, 16)) is None
    assert book.rows() == before
    asked(book, calm, "v2", now=at(MON, 16))
    (touch,) = book.touches(MON, "call")
    assert book.carried(touch.id) == {"voicemail_return v1", "voicemail_return v2"}


def test_a_plan_takes_it_for_what_it_is(book: Book) -> None:
    calm = book.account("CALM")
    book.imported(MON)
    asked(book, calm, now=at(MON, 15))
    book.plan(MON)
    (touch,) = book.touches(MON, "call")
    assert book.carried(touch.id) == {"voicemail_return v1"}


def test_on_a_saturday_it_waits_for_monday(book: Book) -> None:
    calm = book.account("CALM")
    opens = asked(book, calm, now=at(SAT, 15))
    (touch,) = book.touches()
    assert touch.day == MON
    assert touch.not_before == opens == at(MON, 13)  # 08:00 in New York


def test_no_day_loses_it(book: Book) -> None:
    calm = book.account("CALM")
    book.imported(MON)
    asked(book, calm, now=at(MON, 15))
    book.imported(TUE)
    expire(book.ledger, TUE, now=at(TUE, 6))
    book.plan(TUE)
    assert book.called(TUE) == ["CALM"]
    assert book.carried(book.touches(TUE, "call")[0].id) == {"voicemail_return v1"}


def test_without_a_rep_it_waits_and_says_so(book: Book) -> None:
    nobodys = book.account("NOBODYS", rep=None)
    book.account("OTHER")
    book.imported(MON)
    assert asked(book, nobodys, now=at(MON, 15)) is None
    assert book.firings()[("voicemail_return", "v1")].call_rule == "no rep"
    with book.ledger.reading() as session:
        ana = session.scalars(select(User.id).where(User.login == "ana")).one()
    book.change(Account, Account.id == nobodys, rep_id=ana)
    book.plan(MON)
    assert book.called(MON) == ["NOBODYS"]


def test_where_no_hour_suits_it_waits_and_says_so(book: Book) -> None:
    far = book.account("FAR", timezone="Asia/Tokyo")
    assert asked(book, far, now=at(MON, 15)) is None
    assert book.firings()[("voicemail_return", "v1")].call_rule == "outside hours"


def test_who_has_called_is_called_back(book: Book) -> None:
    calm = book.account("CALM")
    second = book.contact("CALM", name="Second", phone="+12125550199", rank=2)
    asked(book, calm, now=at(MON, 15), contact_id=second)
    assert book.touches()[0].contact_id == second


def test_who_does_not_want_calls_is_not_called_back(book: Book) -> None:
    calm = book.account("CALM")
    book.contact("CALM", name="Second", phone="+12125550199", rank=2)
    with book.ledger.reading() as session:
        first, second = session.scalars(select(Contact.id).order_by(Contact.rank, Contact.id))
    book.change(Contact, Contact.id == first, do_not_call=True)
    asked(book, calm, now=at(MON, 15), contact_id=first)
    assert book.touches()[0].contact_id == second
    book.change(Contact, Contact.id == second, do_not_call=True)
    assert asked(book, calm, "v2", now=at(MON, 15)) is None
    assert book.firings()[("voicemail_return", "v2")].call_rule == "no number"


def test_a_childs_item_is_the_parents_call(book: Book) -> None:
    parent = book.account("PARENT")
    child = book.account("CHILD", parent="PARENT", rep=None, phone=None, email=None)
    asked(book, child, now=at(MON, 15))
    (touch,) = book.touches()
    assert touch.account_id == parent


def test_reply_and_voicemail_are_two_things(book: Book) -> None:
    calm = book.account("CALM")
    asked(book, calm, now=at(MON, 15))
    with book.ledger.writing() as session:
        owed = Owed(step=REPLY_WAITING, item="v1", account_id=calm, reason="reply of Dec 7")
        owe(session, owed, policies.in_force(session), at(MON, 16))
    assert set(book.firings()) == {("voicemail_return", "v1"), ("reply_waiting", "v1")}


def test_a_plan_that_comes_again_leaves_it_at_the_top(book: Book) -> None:
    book.account("LATE")
    calm = book.account("CALM")
    book.imported(MON)
    book.invoice("LATE", "L-1", MON - timedelta(days=40), 9000)
    book.plan(MON)
    asked(book, calm, now=at(MON, 15))
    book.account("NEW")
    book.invoice("NEW", "N-1", MON - timedelta(days=9))
    book.plan(MON)
    assert book.called(MON) == ["CALM", "LATE", "NEW"]
    assert book.plan(MON).written == 0
