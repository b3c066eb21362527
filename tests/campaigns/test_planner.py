"""A plan's firings, rules and ends: the trigger law, supersession, holds, lapses (product.md 2)."""

from datetime import date, timedelta

import pytest

from outreach.ledger.base import Ledger
from outreach.ledger.receivables import Account, Invoice
from outreach.ledger.tasks import Task
from tests.campaigns.book import Book

MON, TUE, WED = date(2026, 11, 30), date(2026, 12, 1), date(2026, 12, 2)
NEXT_MON = date(2026, 12, 7)
LAST_YEAR = "[organization]\nname = 'M'\nzone = 'America/New_York'\ngo_live_on = 2026-01-01\n"


def days_before(day: date, days: int) -> date:
    return day - timedelta(days)


@pytest.mark.parametrize(
    ("days", "step"),
    [
        (4, None),
        (5, "followup_5"),
        (14, "followup_5"),
        (15, "followup_15"),
        (31, "followup_15"),
        (32, "overdue_31"),
    ],
)
def test_the_highest_step_fires_when_its_day_has_come(book: Book, days: int, step: str | None) -> None:
    book.imported(TUE)
    book.account("A")
    book.invoice("A", "I1", days_before(TUE, days))
    fired = book.plan(TUE).fired
    assert dict(fired) == ({step: 1} if step else {})


def test_older_steps_than_go_live_leave_no_row_and_later_ones_are_superseded(ledger: Ledger) -> None:
    """The first plan starts with the highest; what an outage missed after go-live is told."""
    book = Book(ledger, LAST_YEAR)
    book.imported(TUE)
    book.account("A")
    book.invoice("A", "I1", days_before(TUE, 15))
    result = book.plan(TUE)
    assert result.fired == {"followup_15": 1}
    missed = book.firings()[("followup_5", "I1")]
    assert (missed.state, missed.ended_why, missed.ended_on) == ("superseded", "by followup_15", TUE)


def test_a_step_missed_for_days_is_caught_up(book: Book) -> None:
    book.imported(TUE)
    book.account("A")
    book.plan(MON)
    book.invoice("A", "I1", days_before(TUE, 9))
    book.plan(TUE)
    firing = book.firings()[("followup_5", "I1")]
    assert (firing.raw_on, firing.fired_on, firing.touch_on, firing.days_past_due) == (
        days_before(TUE, 4),
        TUE,
        TUE,
        9,
    )


def test_a_higher_step_supersedes_the_open_lower_one(book: Book) -> None:
    book.imported(NEXT_MON)
    book.account("A", phone=None, email=None)
    book.invoice("A", "I1", days_before(MON, 10))
    book.plan(MON)
    book.plan(NEXT_MON)
    lower, higher = book.firings()[("followup_5", "I1")], book.firings()[("followup_15", "I1")]
    assert (lower.state, lower.ended_why) == ("superseded", "by followup_15")
    assert (higher.state, higher.cycle) == ("open", "2026-11-20/0")


def test_more_than_31_days_the_account_carries_its_invoices(book: Book) -> None:
    book.imported(NEXT_MON)
    book.account("A")
    book.invoice("A", "I1", days_before(TUE, 31))
    book.plan(TUE)
    book.plan(WED)
    found = book.firings()
    assert found[("followup_15", "I1")].ended_why == "by overdue_31"
    assert (found[("overdue_31", "A")].cycle, found[("overdue_31", "A")].run) == ("2026-W49", 1)


def test_a_disputed_old_invoice_keeps_its_own_step(book: Book) -> None:
    """Nothing of it is asked, so the account does not carry it; once the dispute ends, it does."""
    book.imported(WED)
    book.account("A")
    book.invoice("A", "I1", days_before(TUE, 60))
    held = book.hold("I1", "dispute", MON)
    assert book.plan(TUE).fired == {"followup_15": 1}
    from outreach.ledger.commitments import Hold

    book.change(Hold, Hold.id == held, ended_on=WED)
    assert "overdue_31" in book.plan(WED).fired


@pytest.mark.parametrize(
    ("kind", "rule"),
    [
        ("dispute", "held by dispute"),
        ("promise", "held by promise"),
        ("plan", "held by plan"),
        ("issue", "held by issue"),
        ("paid", "payment claimed"),
    ],
)
def test_a_held_firing_stays_open_and_says_why(book: Book, kind: str, rule: str) -> None:
    book.imported(TUE)
    book.account("A")
    book.invoice("A", "I1", days_before(TUE, 9))
    book.hold("I1", kind, MON)
    result = book.plan(TUE)
    firing = book.firings()[("followup_5", "I1")]
    assert (firing.state, firing.call_rule, firing.email_rule) == ("open", rule, rule)
    assert result.left_out[rule] == 1
    assert book.left_out("A") == {"call": rule, "email": rule}
    assert book.touches() == []


def test_a_partial_hold_lowers_what_is_asked_and_stops_nothing(book: Book) -> None:
    book.imported(TUE)
    book.account("A")
    book.invoice("A", "I1", days_before(TUE, 9), 1000)
    book.hold("I1", "dispute", MON, amount=400)
    book.plan(TUE)
    (call,) = book.touches(TUE, "call")
    assert (call.value_minor, call.currency) == (60000, "USD")


def test_a_promise_past_its_grace_day_stops_holding(book: Book) -> None:
    book.imported(WED)
    book.account("A")
    book.invoice("A", "I1", days_before(TUE, 9))
    book.hold("I1", "promise", MON, until=TUE)
    book.plan(TUE)
    assert book.called(TUE) == []
    book.plan(WED)
    assert book.called(WED) == ["A"]


def test_a_credit_that_covers_it_asks_nothing_and_asks_for_the_cash_to_be_applied(book: Book) -> None:
    book.imported(TUE)
    book.account("A")
    book.invoice("A", "I1", days_before(TUE, 9), 500)
    book.invoice("A", "CR1", MON, -500)
    result = book.plan(TUE)
    assert result.left_out["unapplied cash"] == 1
    with book.ledger.reading() as session:
        (task,) = session.query(Task).all()
    assert (task.kind, task.due_on) == ("apply cash", WED)


def test_below_the_minimum_nothing_is_asked(book: Book) -> None:
    book.imported(TUE)
    book.account("A")
    book.invoice("A", "I1", days_before(TUE, 9), 24)
    assert book.plan(TUE).left_out["below minimum"] == 1


@pytest.mark.parametrize(
    ("account", "call", "email"),
    [
        ({"phone": None}, "no number", None),
        ({"email": None}, None, "no address"),
        ({"rep": None}, "no rep", None),
        ({"timezone": None, "phone": "+18005550199"}, "no zone", None),
        ({"legal_hold_on": MON}, "legal hold", "legal hold"),
    ],
)
def test_what_is_missing_stops_only_its_own_side(
    book: Book, account: dict[str, object], call: str | None, email: str | None
) -> None:
    book.imported(TUE)
    book.account("A", **account)  # type: ignore[arg-type]
    book.invoice("A", "I1", days_before(TUE, 9))
    book.plan(TUE)
    firing = book.firings()[("followup_5", "I1")]
    assert (firing.call_rule, firing.email_rule) == (call, email)
    assert {one.channel for one in book.touches()} == {"call", "email"} - ({"call"} if call else set()) - (
        {"email"} if email else set()
    )


def test_with_neither_number_nor_address_somebody_has_to_find_a_contact(book: Book) -> None:
    book.imported(TUE)
    book.account("A", phone=None, email=None)
    book.invoice("A", "I1", days_before(TUE, 9))
    (line,) = book.plan(TUE).to_json()["firings"]
    assert (line["rule"], line["rules"]) == (
        "no number, no address",
        {"call": "no number", "email": "no address"},
    )
    book.plan(WED)
    with book.ledger.reading() as session:
        (task,) = session.query(Task).all()
    assert (task.kind, task.key) == ("find contact", "find contact:1")


@pytest.mark.parametrize(("phone", "kinds"), [(None, ["find contact"]), ("", [])])
def test_what_is_only_written_about_asks_for_a_contact_as_well(
    ledger: Ledger, phone: str | None, kinds: list[str]
) -> None:
    book = Book(ledger, LAST_YEAR)
    statement_day = date(2026, 11, 16)
    book.imported(statement_day)
    book.account("A", phone=phone, email=None)
    book.invoice("A", "I1", date(2027, 1, 15))
    book.plan(statement_day)
    with book.ledger.reading() as session:
        assert [one.kind for one in session.query(Task)] == kinds
    assert book.plan(statement_day).written == 0


def test_a_paid_invoice_ends_its_firing_and_skips_the_touch(book: Book) -> None:
    book.imported(TUE)
    book.account("A")
    book.invoice("A", "I1", days_before(TUE, 9))
    book.plan(TUE)
    book.pay("I1")
    book.plan(TUE)
    firing = book.firings()[("followup_5", "I1")]
    assert (firing.state, firing.ended_why) == ("lapsed", "paid")
    assert {(one.state, one.reason) for one in book.touches(TUE)} == {("skipped", "paid")}
    assert book.left_out("A") == {"both": "nothing asked"}


def test_a_changed_due_date_makes_a_new_cycle(book: Book) -> None:
    book.imported(WED)
    book.account("A")
    book.invoice("A", "I1", days_before(TUE, 9))
    book.plan(TUE)
    book.change(Invoice, Invoice.number == "I1", due_on=days_before(WED, 6), ladder=0)
    result = book.plan(WED).to_json()
    states = {(one["step"], one["cycle"]): (one["state"], one["why"]) for one in result["firings"]}
    assert states == {
        ("followup_5", "2026-11-22/0"): ("lapsed", "no longer true"),
        ("followup_5", "2026-11-26/0"): ("open", None),
    }


def test_weekly_steps_fire_on_the_first_day_of_the_week_on_which_they_are_true(book: Book) -> None:
    book.imported(NEXT_MON)
    book.account("A")
    book.invoice("A", "F1", days_before(TUE, 1), kind="final")
    for day, fired in (
        (TUE, {"final_overdue": 1}),
        (WED, {}),
        (NEXT_MON, {"final_overdue": 1, "followup_5": 1}),
    ):
        assert dict(book.plan(day).fired) == fired, day
    with book.ledger.reading() as session:
        from outreach.ledger.firings import Firing

        weeks = {
            one.cycle: (one.state, one.ended_why)
            for one in session.query(Firing).filter(Firing.step == "final_overdue")
        }
    assert weeks == {"2026-W49": ("superseded", "by final_overdue of 2026-W50"), "2026-W50": ("open", None)}


def test_emails_of_overdue_31_come_in_the_first_third_and_fifth_week(book: Book) -> None:
    book.account("A")
    book.invoice("A", "I1", days_before(MON, 40))
    sides = []
    for week in range(5):
        monday = MON + timedelta(weeks=week)
        book.imported(monday)
        book.plan(monday)
        firing = book.firings()[("overdue_31", "A")]
        sides.append((firing.run, firing.email_side))
        for touch in book.touches(monday, "email"):
            if touch.state in ("open", "held"):
                book.end(touch, monday, closes=True)
    assert sides == [(1, "open"), (2, "none"), (3, "open"), (4, "none"), (5, "open")]


def test_an_unsent_email_passes_on_to_the_next_week(book: Book) -> None:
    book.imported(NEXT_MON)
    book.account("A")
    book.invoice("A", "I1", days_before(MON, 40))
    book.plan(MON)
    book.plan(NEXT_MON)
    firing = book.firings()[("overdue_31", "A")]
    assert (firing.run, firing.email_side) == (2, "open")


def test_aged_mrr_counts_months(book: Book) -> None:
    book.imported(MON)
    book.account("A")
    book.invoice("A", "M9", date(2026, 9, 15), kind="mrr", service_month=date(2026, 9, 1))
    assert "aged_mrr" not in book.plan(date(2026, 11, 13), dry_run=True).fired
    assert "aged_mrr" in book.plan(date(2026, 11, 16)).fired


@pytest.mark.parametrize(("month", "fired"), [(9, False), (10, True)])
def test_aged_months_are_counted_over_currencies(ledger: Ledger, month: int, fired: bool) -> None:
    book = Book(ledger, rates="[2026-01-01]\nEUR = 1.2\n")
    book.imported(MON)
    book.account("A")
    for currency, service in (("USD", 9), ("EUR", month)):
        service_month = date(2026, service, 1)
        book.invoice(
            "A", currency, date(2026, 11, 10), kind="mrr", currency=currency, service_month=service_month
        )
    assert ("aged_mrr" in book.plan(MON).fired) is fired


@pytest.mark.parametrize(
    ("day", "fired"),
    [
        (date(2026, 11, 13), False),
        (date(2026, 11, 16), True),
        (date(2026, 11, 25), True),
        (date(2026, 12, 1), False),
    ],
)
def test_a_statement_fires_from_its_date_to_the_end_of_the_month(
    ledger: Ledger, day: date, fired: bool
) -> None:
    book = Book(ledger, LAST_YEAR)
    book.imported(day)
    book.account("A")
    book.invoice("A", "I1", date(2027, 1, 15))
    assert ("statement" in book.plan(day).fired) is fired
    assert [one.step for one in book.touches(None, "email")] == (["statement"] if fired else [])


def test_a_statement_is_recorded_once_a_month_whatever_became_of_it(ledger: Ledger) -> None:
    book = Book(ledger, LAST_YEAR)
    statement_day = date(2026, 11, 16)
    book.imported(statement_day)
    book.account("A")
    book.invoice("A", "I1", date(2027, 1, 15))
    book.plan(statement_day)
    (letter,) = book.touches(statement_day, "email")
    book.end(letter, statement_day, closes=True)
    assert dict(book.plan(date(2026, 11, 17)).fired) == {}


def test_a_statement_before_go_live_never_fires(book: Book) -> None:
    book.imported(TUE)
    book.account("A")
    book.invoice("A", "I1", date(2027, 1, 15))
    assert dict(book.plan(date(2026, 11, 17)).fired) == {}  # the first plan: the 16th is past


def test_final_checks_fire_for_what_was_open_at_the_run(ledger: Ledger) -> None:
    book = Book(ledger, LAST_YEAR)
    book.imported(date(2026, 11, 10))
    book.account("A")
    book.invoice("A", "F1", date(2026, 12, 15), kind="final", invoiced_on=date(2026, 11, 1))
    book.invoice("A", "F2", date(2026, 12, 15), kind="final", invoiced_on=date(2026, 11, 10))
    book.invoice(
        "A", "F3", date(2026, 12, 15), kind="final", invoiced_on=date(2026, 11, 1), receipt_confirmed_on=MON
    )
    assert dict(book.plan(date(2026, 11, 10)).fired) == {"final_check": 1}
    firing = book.firings()[("final_check", "F1")]
    assert (firing.cycle, firing.raw_on) == ("2026-11", date(2026, 11, 9))
    book.imported(date(2026, 12, 8))
    assert dict(book.plan(date(2026, 12, 8)).fired) == {"final_check": 2}
    assert book.firings()[("final_check", "F1")].cycle == "2026-12"


def test_an_account_with_nothing_due_is_left_out_with_the_rule(book: Book) -> None:
    book.imported(TUE)
    for number, days in (("PAID", None), ("YOUNG", -3), ("WAITS", 2)):
        book.account(number)
        if days is not None:
            book.invoice(number, f"I-{number}", days_before(TUE, days))
    result = book.plan(TUE)
    assert {number: book.left_out(number) for number in ("PAID", "YOUNG", "WAITS")} == {
        "PAID": {"both": "nothing asked"},
        "YOUNG": {"both": "nothing asked"},
        "WAITS": {"both": "no step due"},
    }
    assert dict(result.left_out) == {"nothing asked": 2, "no step due": 1}


def test_intervals_of_being_left_out_change_only_with_the_rule(book: Book) -> None:
    from outreach.ledger.plans import LeftOut

    book.imported(WED)
    book.account("A")
    book.invoice("A", "I1", days_before(TUE, 4))
    for day in (MON, TUE, WED):
        book.plan(day)
    with book.ledger.reading() as session:
        rows = [
            (one.channel, one.rule, one.since, one.until)
            for one in session.query(LeftOut).order_by(LeftOut.id)
        ]
    assert rows == [("both", "no step due", MON, WED)]


def test_a_conversation_spares_them_new_follow_up_calls(book: Book) -> None:
    from outreach.ledger.attempts import CallAttempt
    from tests.campaigns.book import at

    book.imported(TUE)
    id_ = book.account("A", reached_on=MON)
    call = {"account_id": id_, "destination_id": 1, "rep_id": 1, "step": "followup_5", "provider": "twilio"}
    book.add(
        CallAttempt(
            id="a" * 15,
            day=MON,
            state="ended",
            outcome="answered_human",
            requested_at=at(MON),
            moved_at=at(MON),
            **call,
        )
    )
    book.invoice("A", "I1", days_before(TUE, 5))
    book.plan(TUE)
    assert book.left_out("A") == {"call": "spoken"}
    assert [one.channel for one in book.touches(TUE)] == ["email"]


def test_after_a_conversation_a_follow_up_rides_on_the_call_for_another_reason(book: Book) -> None:
    from outreach.dialer import permission
    from outreach.ledger import policies
    from outreach.ledger.attempts import CallAttempt
    from tests.campaigns.book import at

    book.imported(WED)
    id_ = book.account("A", reached_on=MON)
    call = {"account_id": id_, "destination_id": 1, "rep_id": 1, "step": "followup_5", "provider": "twilio"}
    ended = {"state": "ended", "outcome": "answered_human", "requested_at": at(MON), "moved_at": at(MON)}
    book.add(CallAttempt(id="a" * 15, day=MON, **ended, **call))
    book.invoice("A", "I1", days_before(TUE, 5))
    book.plan(TUE)
    assert book.left_out("A") == {"call": "spoken"}
    book.invoice("A", "FIN", days_before(WED, 1), kind="final")
    lines = book.plan(WED).to_json()["firings"]
    assert {(one["step"], one["rules"].get("call")) for one in lines} == {
        ("followup_5", None),
        ("final_overdue", None),
    }
    (touch,) = book.touches(WED, "call")
    assert book.carried(touch.id) == {"followup_5 I1", "final_overdue A"}
    assert book.firings()[("followup_5", "I1")].call_rule is None
    assert book.plan(WED).written == 0
    with book.ledger.reading() as session:
        policy = policies.in_force(session).policy
        found = permission.ask(session, touch, rep_id=1, policy=policy, now=at(WED, 16))
    assert (found.answer.answer, list(found.refused)) == ("yes", [])


def test_a_child_is_called_and_written_to_as_its_parent(book: Book) -> None:
    book.imported(TUE)
    book.account("PARENT")
    for child in ("KID1", "KID2"):
        book.account(child, parent="PARENT", rep=None)
        book.invoice(child, f"I-{child}", days_before(TUE, 9), 700)
    book.plan(TUE)
    (call,) = book.touches(TUE, "call")
    assert (call.account_id, call.value_minor) == (1, 140000)
    assert book.carried(call.id) == {"followup_5 I-KID1", "followup_5 I-KID2"}
    with book.ledger.reading() as session:
        assert session.get_one(Account, call.account_id).number == "PARENT"


def test_amounts_of_two_currencies_are_never_added(ledger: Ledger) -> None:
    book = Book(ledger, rates="[2026-01-01]\nEUR = 1.2\n")
    book.imported(TUE)
    book.account("A")
    book.invoice("A", "I1", days_before(TUE, 9), 1000)
    book.invoice("A", "I2", days_before(TUE, 9), 900, currency="EUR")
    book.plan(TUE)
    (call,) = book.touches(TUE, "call")
    assert (call.value_minor, call.currency) == (90000, "EUR")  # about 1,080 USD


def test_a_dry_run_tells_what_it_would_change(book: Book) -> None:
    book.imported(WED)
    for name in ("A", "B"):
        book.account(name)
        book.invoice(name, f"{name}1", days_before(TUE, 5))
    book.plan(TUE)
    assert not any(book.plan(TUE, dry_run=True).changes().values())
    book.pay("A1")
    book.account("C")
    book.invoice("C", "C1", days_before(TUE, 6))
    before = book.rows()
    found = book.plan(TUE, dry_run=True).changes()
    assert book.rows() == before
    assert [(one["account"], one["step"]) for one in found["fires"]] == [("C", "followup_5")]
    assert [(one["account"], one["why"]) for one in found["ends"]] == [("A", "paid")]
    on = TUE.isoformat()
    assert found["touches"] == [
        {"date": on, "channel": channel, "account": "C"} for channel in ("call", "email")
    ]
    assert found["drops"] == [
        {"date": on, "channel": channel, "account": "A"} for channel in ("call", "email")
    ]
    book.plan(TUE)
    assert not any(book.plan(TUE, dry_run=True).changes().values())
