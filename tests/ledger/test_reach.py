"""Who is called or written to: the lowest order that fits and may be used (interface.md, contacts)."""

from datetime import UTC, date, datetime

import pytest

from outreach.ledger import policies, reach
from outreach.ledger.base import Ledger
from outreach.ledger.destinations import Contact, Destination
from outreach.ledger.reach import Way, choose
from outreach.rules.steps import FINAL_CHECK, FOLLOWUP_5, STATEMENT, Channel
from outreach.rules.zones import Source
from tests.campaigns.book import Book

NOW = datetime(2026, 12, 8, tzinfo=UTC)


@pytest.fixture
def book(ledger: Ledger) -> Book:
    return Book(ledger)


def ways(book: Book, channel: Channel) -> list[Way]:
    with book.ledger.reading() as session:
        return reach.ways(session, [1], channel, policies.in_force(session).policy).get(1, [])


def test_a_number_alone_is_no_address(book: Book) -> None:
    book.account("A", email=None)
    assert [way.address for way in ways(book, Channel.CALL)] == ["+12125550001"]
    assert ways(book, Channel.EMAIL) == []


def test_they_come_in_their_order_without_those_who_left(book: Book) -> None:
    book.account("A")
    book.contact("A", name="Boss", phone="+12125559901", rank=0)
    gone = book.contact("A", name="Gone", phone="+12125559902", rank=0)
    book.change(Contact, Contact.id == gone, left_on=date(2026, 11, 1))
    assert [way.name for way in ways(book, Channel.CALL)] == ["Boss", "Payables"]


@pytest.mark.parametrize(
    ("known", "against"),
    [
        ({"suppressed_at": NOW, "suppressed_why": "they asked"}, {"suppressed": "they asked"}),
        ({"suppressed_at": NOW}, {"suppressed": "suppressed"}),
        ({"bad_at": NOW, "bad_why": "fax"}, {"bad": "fax"}),
        ({"not_allowed": "premium"}, {"not_allowed": "premium"}),
        ({"mailed_on": date(2026, 12, 1)}, {"dunned_on": date(2026, 12, 1)}),
    ],
)
def test_what_is_known_against_a_number_comes_with_it(
    book: Book, known: dict[str, object], against: dict[str, object]
) -> None:
    book.account("A", email=None)
    book.change(Destination, Destination.id == 1, **known)
    (way,) = ways(book, Channel.CALL)
    assert {name: way.facts()[name] for name in against} == against
    assert way.is_usable is ("dunned_on" in against)


def test_the_place_comes_from_the_contact_before_the_number(book: Book) -> None:
    book.account("A", timezone="America/Denver")
    book.change(Destination, Destination.id == 1, zones="America/New_York")
    assert ways(book, Channel.CALL)[0].place.zones == ("America/Denver",)
    book.change(Contact, Contact.id == 1, timezone=None)
    assert ways(book, Channel.CALL)[0].place == (("America/New_York",), Source.NUMBER, "", "")


def test_purposes_choose_and_what_may_not_be_used_is_passed_over(book: Book) -> None:
    book.account("A")
    book.contact("A", name="Statements", email="st@a.example", rank=0, purposes="statements")
    book.contact("A", name="Bounced", email="old@a.example", rank=0, purposes="dunning final")
    book.change(Destination, Destination.address == "old@a.example", bad_at=NOW)
    found = ways(book, Channel.EMAIL)

    def name(need: str, place: int = 0) -> str:
        chosen = choose(found, need, place)
        return chosen.name if chosen else ""

    needs = [reach.need_of(step, Channel.EMAIL) for step in (STATEMENT, FOLLOWUP_5, FINAL_CHECK)]
    assert needs == ["statements", "dunning", "final"]
    assert [name(need) for need in needs] == ["Statements", "Payables", "Payables"]
    assert name("statements", place=1) == "Payables"
    assert name("statements", place=7) == "Payables"
    assert choose([], "calls") is None


def test_where_none_may_be_used_the_first_says_why(book: Book) -> None:
    book.account("A", email=None)
    book.change(Contact, Contact.id == 1, do_not_call=True)
    chosen = choose(ways(book, Channel.CALL), "calls")
    assert chosen
    assert chosen.opted_out


def test_the_policy_in_force_judges_every_number_once(book: Book) -> None:
    book.account("A", phone="+442071838750")
    book.account("B", email="not an address")
    for judged in (4, 0):
        with book.ledger.writing() as session:
            assert reach.judge(session, policies.in_force(session)) == judged
    assert "+442071838750" in ways(book, Channel.CALL)[0].not_allowed
    with book.ledger.writing() as session:
        british = "[organization]\nname='M'\nzone='Europe/London'\n[numbers]\ncountries=['GB']\n"
        newer = policies.load(session, british, actor="t", why="t", now=NOW)
        assert reach.judge(session, newer) == 4
    assert ways(book, Channel.CALL)[0].not_allowed == ""


def test_a_state_without_a_country_is_one_of_ours(book: Book) -> None:
    book.account("A", timezone=None)
    book.change(Contact, Contact.id == 1, state="MN", country="")
    book.change(Destination, Destination.id == 1, zones="America/New_York")
    (way,) = ways(book, Channel.CALL)
    assert (way.place.zones, way.place.source) == (("America/Chicago",), Source.STATE)
