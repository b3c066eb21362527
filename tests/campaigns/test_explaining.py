"""Why an account is in the plan or not, as `outreach why --json` tells it."""

from datetime import date, timedelta
from typing import Any

from outreach.campaigns.planning.explaining import why
from outreach.ledger.destinations import Contact
from tests.campaigns.book import POLICY, Book, at

MON, TUE = date(2026, 12, 7), date(2026, 12, 8)


def ask(book: Book, number: str, day: date = MON) -> dict[str, Any]:
    with book.ledger.reading() as session:
        document = why(session, number, day, at(day))
    assert document is not None
    return document


def rules(document: dict[str, Any]) -> set[tuple[str, str, str]]:
    return {(one["channel"], one["answer"], one["rule"]) for one in document["rules"]}


def test_before_the_plan_it_tells_what_would_fire(book: Book) -> None:
    book.imported(MON)
    book.account("A")
    book.invoice("A", "I1", MON - timedelta(9), 500)
    document = ask(book, "A")
    assert (document["account"], document["date"], document["asked"]) == (
        "A",
        "2026-12-07",
        {"USD": "500.00"},
    )
    told = [(one["step"], one["state"], one["rule"]) for one in document["firings"]]
    assert told == [("followup_5", "open", None)]
    assert rules(document) == {(channel, "yes", "not planned yet") for channel in ("call", "email")}
    assert book.rows()["firings"] == []


def test_after_it_what_is_planned(book: Book) -> None:
    book.imported(MON)
    book.account("A")
    book.invoice("A", "I1", MON - timedelta(9))
    book.plan(MON)
    document = ask(book, "A")
    assert rules(document) == {("call", "yes", "planned"), ("email", "yes", "planned")}
    assert document["firings"][0]["touches"] == [
        {"channel": "call", "date": "2026-12-07"},
        {"channel": "email", "date": "2026-12-07"},
    ]


def test_what_has_come_between_speaks_against_what_is_planned(book: Book) -> None:
    book.imported(MON)
    book.account("A")
    book.invoice("A", "I1", MON - timedelta(9))
    book.plan(MON)
    book.hold("I1", "plan", MON)
    assert rules(ask(book, "A")) == {
        (channel, answer, rule)
        for channel in ("call", "email")
        for answer, rule in (("yes", "planned"), ("no", "held by plan"))
    }


def test_every_rule_speaks_in_words_with_its_until(book: Book) -> None:
    book.imported(MON)
    book.account("A", rep=None)
    book.invoice("A", "I1", MON - timedelta(9))
    book.hold("I1", "promise", MON, until=TUE)
    document = ask(book, "A")
    assert rules(document) == {
        ("call", "no", "held by promise"),
        ("call", "no", "no rep"),
        ("email", "no", "held by promise"),
    }
    held = document["rules"][0]
    assert held["until"] == "2026-12-09T05:00:00+00:00"
    assert held["words"] == "They have promised to pay all of it; that holds through Tue Dec 8."
    assert (held["step"], held["subject"]) == ("followup_5", "I1")


def test_it_judges_the_contact_whom_the_plan_would_call(book: Book) -> None:
    """Two weeks unreached it is the next one, whose zone nobody knows."""
    book.account("A")
    book.invoice("A", "I1", MON - timedelta(60))
    second = book.contact("A", name="Controller", phone="+18005550199", rank=2)
    book.change(Contact, Contact.id == second, timezone=None)
    for monday in (MON + timedelta(weeks=week) for week in range(3)):
        book.imported(monday)
        book.plan(monday)
    assert book.left_out("A")["call"] == "no zone"
    assert ("call", "no", "no zone") in rules(ask(book, "A", monday))


def test_what_ended_lately_is_told(book: Book) -> None:
    book.imported(MON)
    book.account("A")
    book.invoice("A", "I1", MON - timedelta(9))
    book.plan(MON)
    book.pay("I1")
    book.plan(MON)
    (firing,) = ask(book, "A")["firings"]
    assert (firing["state"], firing["why"]) == ("lapsed", "paid")


def test_an_idle_account_has_its_rule(book: Book) -> None:
    book.account("PAID")
    book.account("WAITS")
    book.invoice("WAITS", "I1", MON - timedelta(2))
    assert rules(ask(book, "PAID")) == {("both", "no", "nothing asked")}
    assert rules(ask(book, "WAITS")) == {("both", "no", "no step due")}
    assert ask(book, "WAITS")["asked"] == {"USD": "1000.00"}


def test_beyond_the_target(ledger: Any) -> None:
    book = Book(ledger, POLICY + "[desk]\ntarget = 1\n")
    book.imported(MON)
    for number, amount in (("A", 900), ("B", 100)):
        book.account(number)
        book.invoice(number, f"I-{number}", MON - timedelta(9), amount)
    book.plan(MON)
    assert ("call", "defer", "beyond target") in rules(ask(book, "B"))


def test_there_is_no_such_account(book: Book) -> None:
    with book.ledger.reading() as session:
        assert why(session, "NOBODY", MON, at(MON)) is None


def test_what_is_held_twice_over_is_told_once(book: Book) -> None:
    book.imported(MON)
    book.account("A")
    book.invoice("A", "I1", MON - timedelta(9), 500)
    book.invoice("A", "I2", MON - timedelta(9), 300)
    book.hold("I1", "dispute", MON)
    book.hold("I1", "dispute", MON, amount=200)
    book.hold("I1", "promise", MON, amount=400)
    found = ask(book, "A")["numbers"]["USD"]
    assert {name: found[name] for name in ("past_due", "disputed", "promised", "asked")} == {
        "past_due": "800.00",
        "disputed": "500.00",
        "promised": "0.00",
        "asked": "300.00",
    }


def test_the_numbers_that_the_rules_looked_at(book: Book) -> None:
    book.imported(MON)
    book.account("A")
    book.invoice("A", "I1", MON - timedelta(40), 500)
    book.invoice("A", "I2", MON - timedelta(9), 300, kind="final")
    book.invoice("A", "C1", MON - timedelta(2), -50)
    book.hold("I1", "dispute", MON, amount=200)
    assert ask(book, "A")["numbers"] == {
        "USD": {
            "past_due": "800.00",
            "disputed": "200.00",
            **dict.fromkeys(("planned", "promised", "issues", "claimed", "mrr"), "0.00"),
            "unapplied": "50.00",
            "minimum": "25.00",
            "asked": "550.00",
            "over_31_days": "250.00",
            "final": "300.00",
            "oldest_days_past_due": 40,
            "aged_mrr_months": 0,
        }
    }
