"""Who is called and written to on a day: places, ranks, joins, the first day's mail, windows."""

from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import select

from outreach.campaigns.planning import planner
from outreach.campaigns.planning.release import release
from outreach.ledger.base import Ledger
from outreach.ledger.destinations import Destination
from outreach.ledger.receivables import Account
from outreach.ledger.stops import Stop
from outreach.ledger.tasks import Task
from outreach.ledger.touches import Touch
from tests.campaigns.book import POLICY, Book, at

FRI, SUN, MON, TUE, WED = (date(2026, 12, day) for day in (4, 6, 7, 8, 9))
SMALL = POLICY + "[desk]\ntarget = 3\nevery_nth = 9\n[mail]\nfirst_week_per_day = 2\n"


def late(
    book: Book, number: str, days: int = 9, amount: int = 1000, *, on: date = MON, **account: object
) -> None:
    """An account with one invoice so many days past due."""
    book.account(number, **account)  # type: ignore[arg-type]
    book.invoice(number, f"I-{number}", on - timedelta(days), amount)


@pytest.fixture
def small(ledger: Ledger) -> Book:
    """Three calls and two letters a day."""
    book = Book(ledger, SMALL)
    book.imported(MON)
    return book


def test_past_due_mrr_comes_first_in_whatever_currency(small: Book) -> None:
    late(small, "A", 9, 1000)
    small.invoice("A", "M", MON - timedelta(9), 100, kind="mrr", currency="EUR", service_month=MON)
    late(small, "B", 9, 5000)
    small.plan(MON)
    assert small.called(MON) == ["A", "B"]


def test_places_go_by_tier_then_value(small: Book) -> None:
    late(small, "CHEAP", 9, 100)
    late(small, "DEAR", 9, 900)
    late(small, "OLDER", 16, 50)
    late(small, "OLDEST", 40, 30)
    result = small.plan(MON)
    assert small.called(MON) == ["OLDEST", "OLDER", "DEAR"]
    assert small.left_out("CHEAP")["call"] == "beyond target"
    assert result.left_out["beyond target"] == 1
    assert small.firings()[("followup_5", "I-CHEAP")].call_rule == "beyond target"


def test_of_equal_value_comes_who_was_spoken_to_longest_ago(small: Book) -> None:
    late(small, "LATELY", reached_on=date(2026, 11, 20))
    late(small, "LONG", reached_on=date(2026, 10, 1))
    late(small, "NEVER")
    small.plan(MON)
    assert small.called(MON) == ["NEVER", "LONG", "LATELY"]


def test_every_ninth_place_belongs_to_who_has_been_quiet(ledger: Ledger) -> None:
    book = Book(ledger, POLICY + "[desk]\ntarget = 3\nevery_nth = 3\n")
    book.imported(MON)
    for n, amount in enumerate((900, 800, 700, 600)):
        late(book, f"RANG{n}", 9, amount, rang_on=date(2026, 12, 1))
    late(book, "QUIET", 9, 50, rang_on=date(2026, 10, 1))
    book.plan(MON)
    assert book.called(MON) == ["RANG0", "RANG1", "QUIET"]


def test_each_rep_has_places_of_their_own_and_an_absent_one_a_cover(small: Book) -> None:
    ben = small.rep("ben")
    small.rep("cay", active=False, cover_id=ben)
    for n in range(4):
        late(small, f"ANA{n}")
    late(small, "BEN", rep="ben")
    late(small, "CAY", rep="cay")
    small.plan(MON)
    calls = small.touches(MON, "call")
    assert sorted((one.rep_id, one.rank) for one in calls) == [(1, 1), (1, 2), (1, 3), (2, 1), (2, 2)]


def test_planning_twice_writes_nothing_and_tells_the_same(small: Book) -> None:
    for n in range(5):
        late(small, f"A{n}", 9 + n)
    first, rows = small.plan(MON), small.rows()
    second = small.plan(MON)
    assert (first.written > 0, second.written, small.rows()) == (True, 0, rows)
    assert second.to_json() == first.to_json()


def test_a_dry_run_tells_the_plan_and_writes_nothing(small: Book) -> None:
    for n in range(5):
        late(small, f"A{n}", 9 + n)
    nothing = small.rows()
    dry = small.plan(MON, dry_run=True).to_json()
    assert small.rows() == nothing
    assert small.plan(MON).to_json() == dry


def test_a_place_that_falls_free_is_filled_behind_the_fixed_ranks(small: Book) -> None:
    for n in range(5):
        late(small, f"A{n}", 9, 900 - n)
    small.plan(MON)
    assert small.called(MON) == ["A0", "A1", "A2"]
    small.pay("I-A1")
    small.plan(MON)
    ranks = {one.account_id: one.rank for one in small.touches(MON, "call") if one.state == "open"}
    assert ranks == {1: 1, 3: 3, 4: 4}


def test_who_was_called_today_is_not_planned_again_today(small: Book) -> None:
    late(small, "A")
    small.plan(MON)
    (call,) = small.touches(MON, "call")
    small.end(call, MON, closes=False)
    small.plan(MON)
    assert [one.state for one in small.touches(MON, "call")] == ["done"]
    assert "call" not in small.left_out("A")
    small.plan(TUE)
    assert [(one.n, one.state) for one in small.touches(TUE, "call")] == [(1, "open")]


def test_a_closed_day_plans_for_the_next_business_day(small: Book) -> None:
    late(small, "A", on=SUN)
    result = small.plan(SUN)
    assert (result.to_json()["date"], result.to_json()["touch_date"]) == ("2026-12-06", "2026-12-07")
    assert {(one.channel, one.day) for one in small.touches()} == {("call", MON), ("email", MON)}
    assert small.firings()[("followup_5", "I-A")].touch_on == MON


def test_what_fires_later_joins_a_touch_that_has_not_started(small: Book) -> None:
    late(small, "A", on=SUN)
    small.plan(SUN)
    small.invoice("A", "OLD", MON - timedelta(16), 500)
    small.plan(MON)
    (call,) = small.touches(MON, "call")
    assert small.carried(call.id) == {"followup_5 I-A", "followup_15 OLD"}
    assert (call.step, call.tier, call.rank, len(call.reasons)) == ("followup_15", 6, 1, 2)


def test_a_touch_carries_every_open_firing_and_says_why(small: Book) -> None:
    late(small, "A", 17, 1200)
    small.invoice("A", "I2", MON - timedelta(40), 300)
    small.plan(MON)
    (call,) = small.touches(MON, "call")
    assert small.carried(call.id) == {"followup_15 I-A", "overdue_31 A"}
    assert (call.step, call.tier) == ("overdue_31", 4)
    assert call.reasons == [
        "300.00 USD more than 31 days past due, the oldest 40 days",
        "I-A is 17 days past due, 1,200.00 USD",
    ]


def test_an_expired_touch_leaves_its_firings_open_and_the_next_plan_makes_a_new_one(small: Book) -> None:
    late(small, "A")
    small.plan(MON)
    small.imported(TUE)
    small.plan(TUE)
    states = [(one.day, one.state) for one in small.touches(channel="call")]
    assert states == [(MON, "expired"), (TUE, "open")]
    assert small.firings()[("followup_5", "I-A")].state == "open"


def test_who_loses_the_place_is_beyond_target_again(small: Book) -> None:
    late(small, "A", 9, 100)
    small.plan(MON)
    for n in range(3):
        late(small, f"B{n}", 9, 900)
    small.imported(TUE)
    small.plan(TUE)
    assert small.called(TUE) == ["B0", "B1", "B2"]
    assert small.firings()[("followup_5", "I-A")].call_rule == "beyond target"
    assert small.left_out("A")["call"] == "beyond target"


def test_a_retry_of_yesterday_keeps_its_place_and_gets_todays_rank(small: Book) -> None:
    """The ladder made its touch with yesterday's rank; today's plan ranks it among the others."""
    late(small, "RETRY", 9, 100)
    small.plan(MON)
    (call,) = small.touches(MON, "call")
    small.again(call, TUE)
    for n in range(3):
        late(small, f"B{n}", 9, 900 + n)
    small.imported(TUE)
    small.plan(TUE)
    assert small.called(TUE) == ["B2", "B1", "RETRY"]
    assert [one.rank for one in small.touches(TUE, "call")] == [1, 2, 3]
    assert small.plan(TUE).written == 0


def test_the_first_days_mail_waits_for_its_release(small: Book) -> None:
    late(small, "A")
    small.plan(MON)
    (letter,) = small.touches(MON, "email")
    assert letter.state == "held"
    assert release(small.ledger, day=MON, actor="sam", now=at(MON)) == 1
    assert release(small.ledger, day=MON, actor="sam", now=at(MON)) == 0
    assert [one.state for one in small.touches(MON, "email")] == ["open"]
    late(small, "B", on=TUE)
    small.imported(TUE)
    small.plan(TUE)
    assert {one.state for one in small.touches(TUE, "email")} == {"open"}


def test_mail_that_was_never_released_goes_on_waiting_and_takes_in_what_is_new(small: Book) -> None:
    late(small, "A")
    small.plan(MON)
    small.invoice("A", "NEW", MON - timedelta(5))
    late(small, "B")
    small.imported(TUE)
    small.plan(TUE)
    first, second = small.touches(channel="email")
    assert [(one.day, one.state) for one in (first, second)] == [(MON, "held"), (TUE, "held")]
    assert small.carried(first.id) == {"followup_5 I-A", "followup_5 NEW"}
    assert release(small.ledger, day=TUE, actor="sam", now=at(TUE)) == 2


def test_a_closed_days_mail_is_released_by_either_date(small: Book) -> None:
    late(small, "A", on=SUN)
    small.plan(SUN)
    assert release(small.ledger, day=SUN, actor="sam", now=at(SUN)) == 1


def test_in_the_first_week_only_so_many_letters_a_day(small: Book) -> None:
    for n in range(4):
        late(small, f"A{n}", 9, 900 - n)
    result = small.plan(MON)
    assert [one.account_id for one in small.touches(MON, "email")] == [1, 2]
    assert result.left_out["first week"] == 2
    after = MON + timedelta(7)
    small.imported(after)
    small.plan(after)
    letters = small.touches(channel="email")
    assert [(one.account_id, one.day) for one in letters if one.state == "held"] == [
        (id_, after) for id_ in (1, 2, 3, 4)
    ]


@pytest.fixture
def after(small: Book) -> date:
    """A Monday behind the first week of mail."""
    late(small, "FIRST")
    small.plan(MON)
    small.pay("I-FIRST")
    day = MON + timedelta(7)
    small.imported(day)
    return day


class DiedError(Exception):
    """A planner that is no more."""


def test_after_the_first_week_a_letter_is_made_with_its_firings(
    small: Book, after: date, monkeypatch: pytest.MonkeyPatch
) -> None:
    for n in range(4):
        late(small, f"A{n}", on=after)

    def die(point: str) -> None:
        if point == "plan firings":
            raise DiedError

    monkeypatch.setattr(planner, "crashpoint", die)
    with pytest.raises(DiedError):
        small.plan(after)
    letters = small.touches(after, "email")
    assert [small.carried(one.id) for one in letters] == [{f"followup_5 I-A{n}"} for n in range(4)]
    assert small.touches(after, "call") == []
    monkeypatch.undo()
    result = small.plan(after)
    assert result.touches == {"call": 3, "email": 4}
    assert [one.id for one in small.touches(after, "email")] == [one.id for one in letters]


def test_a_family_shares_its_letter_in_any_week(small: Book, after: date) -> None:
    late(small, "PARENT", on=after)
    late(small, "CHILD", on=after, parent="PARENT")
    small.plan(after)
    (letter,) = small.touches(after, "email")
    assert small.carried(letter.id) == {"followup_5 I-PARENT", "followup_5 I-CHILD"}


def test_accounts_that_share_an_address_share_a_letter(small: Book) -> None:
    for number in ("A", "B", "C", "D"):
        late(small, number, email="ap@desk.example" if number != "C" else "ap@c.example")
    small.plan(MON)
    letters = small.touches(MON, "email")
    assert [one.account_id for one in letters] == [1, 2, 3, 4]
    assert len({one.destination_id for one in letters}) == 2  # two letters, and the first week has two


def test_three_days_between_dunning_letters_to_one_address(small: Book) -> None:
    late(small, "A")
    small.change(Destination, Destination.kind == "email", mailed_on=FRI)
    small.plan(MON)
    assert [one.channel for one in small.touches(MON)] == ["call", "email"]
    small.change(Destination, Destination.kind == "email", mailed_on=SUN)
    late(small, "B", on=TUE)
    small.change(Touch, Touch.channel == "email", state="skipped")
    small.imported(TUE)
    small.plan(TUE)
    assert small.left_out("A") == {"email": "minimum gap"}


def test_letters_wait_for_a_fresh_ledger_and_calls_do_not(small: Book) -> None:
    late(small, "A", on=WED)
    small.plan(WED)
    assert small.left_out("A") == {"email": "stale ledger"}
    assert small.called(WED) == ["A"]


@pytest.mark.parametrize(
    ("scope", "left_out"),
    [
        ("everything", {"call": "kill switch", "email": "kill switch"}),
        ("calls", {"call": "paused"}),
        ("emails", {"email": "paused"}),
        ("step:followup_5", {"call": "paused", "email": "paused"}),
        ("step:followup_15", {}),
    ],
)
def test_a_stop_keeps_touches_from_being_made(small: Book, scope: str, left_out: dict[str, str]) -> None:
    small.add(Stop(scope=scope, why="a storm", set_by="sam", set_at=at(FRI)))
    late(small, "A")
    small.plan(MON)
    assert small.left_out("A") == left_out


@pytest.mark.parametrize(
    ("zone", "opens", "closes", "leaves"),
    [("America/New_York", 13, 22, 20), ("America/Denver", 15, 22, 22), ("America/Los_Angeles", 16, 22, 23)],
)
def test_windows_are_the_contacts_own(small: Book, zone: str, opens: int, closes: int, leaves: int) -> None:
    """Calls from 08:00 there until the rep goes home at 17:00 in New York; letters at 15:00 there."""
    late(small, "A", timezone=zone)
    small.plan(MON)
    call, letter = small.touches(MON)
    hour = [datetime(2026, 12, 7, one, tzinfo=UTC) for one in (opens, closes, leaves)]
    assert [call.not_before, call.not_after, letter.not_before] == hour


def test_no_hour_of_the_day_suits(small: Book) -> None:
    late(small, "A", timezone="Asia/Tokyo")
    small.plan(MON)
    assert small.left_out("A")["call"] == "outside hours"


def test_two_weeks_unreached_the_next_contact_is_called(small: Book) -> None:
    late(small, "A", 60)
    second = small.contact("A", name="Controller", phone="+12125559999", rank=2)
    for week in range(3):
        monday = MON + timedelta(weeks=week)
        small.imported(monday)
        small.plan(monday)
    called = [one.contact_id for one in small.touches(channel="call")]
    assert called == [1, 1, second]


def test_who_is_reached_stays_the_contact_and_off_the_supervisors_list(small: Book) -> None:
    """Weeks count from the last in which they were reached."""
    late(small, "A", 60)
    second = small.contact("A", name="Controller", phone="+12125559999", rank=2)
    for week in range(8):
        monday = MON + timedelta(weeks=week)
        small.imported(monday)
        small.plan(monday)
        if week == 3:
            small.change(Account, Account.number == "A", reached_on=monday + timedelta(1))
        with small.ledger.reading() as session:
            kinds = [one.kind for one in session.scalars(select(Task))]
        assert "overdue" not in kinds
    called = [one.contact_id for one in small.touches(channel="call")]
    assert called == [1, 1, second, second, 1, 1, second, second]


def test_a_call_carries_only_what_may_be_called_about(small: Book) -> None:
    late(small, "A")
    small.invoice("A", "HELD", MON - timedelta(9))
    small.hold("HELD", "dispute", FRI)
    small.plan(MON)
    (call,) = small.touches(MON, "call")
    assert small.carried(call.id) == {"followup_5 I-A"}
    assert small.firings()[("followup_5", "HELD")].call_rule == "held by dispute"


def test_a_firing_whose_side_has_ended_gets_no_touch(small: Book) -> None:
    late(small, "A")
    small.plan(MON)
    call, letter = small.touches(MON)
    small.end(letter, MON, closes=True)
    small.imported(TUE)
    small.plan(TUE)
    assert [one.channel for one in small.touches(TUE)] == ["call"]
    small.end(small.touches(TUE)[0], TUE, closes=True)
    small.imported(WED)
    assert small.plan(WED).to_json()["firings"] == []
    assert call.day == MON


@pytest.mark.parametrize(("days", "step"), [(60, "overdue_31"), (12, "followup_15")])
def test_a_retry_that_the_plan_ends_gives_way_to_a_call_of_the_same_day(
    book: Book, days: int, step: str
) -> None:
    """A new week, or the next step of the ladder, supersedes what the retry was for."""
    late(book, "A", days, on=FRI)
    book.plan(FRI)
    retry = book.again(book.touches(FRI, "call")[0], MON)
    book.imported(MON)
    book.plan(MON)
    old, new = book.touches(MON, "call")
    assert (old.id, old.state, str(old.reason)[:3]) == (retry.id, "skipped", "by ")
    assert (new.step, new.state, new.n) == (step, "open", 2)
    assert "call" not in book.left_out("A")
    assert book.plan(MON).written == 0


def test_what_a_new_week_supersedes_is_called_about_when_the_ladder_says(book: Book) -> None:
    """Two business days after Friday's voicemail, whatever the week."""
    late(book, "A", 60, on=FRI)
    book.plan(FRI)
    book.again(book.touches(FRI, "call")[0], TUE)
    book.imported(MON)
    book.plan(MON)
    assert book.left_out("A") == {"call": "called lately", "email": "called lately"}
    book.plan(TUE)
    assert [(one.step, one.state) for one in book.touches(TUE, "call")] == [
        ("overdue_31", "skipped"),
        ("overdue_31", "open"),
    ]


def test_a_held_letter_that_the_plan_ends_gives_way_to_another(book: Book) -> None:
    book.imported(FRI)
    late(book, "A", 12, on=FRI)
    book.plan(FRI)
    book.imported(MON)
    book.plan(MON)
    assert [(one.day, one.step, one.state) for one in book.touches(channel="email")] == [
        (FRI, "followup_5", "skipped"),
        (MON, "followup_15", "held"),
    ]
    assert book.plan(MON).written == 0


@pytest.mark.parametrize("superseded", ["PARENT", "CHILD"])
def test_a_familys_retry_is_put_down_only_when_nothing_of_any_is_left(book: Book, superseded: str) -> None:
    for number in ("PARENT", "CHILD"):
        parent = "PARENT" if number == "CHILD" else None
        late(book, number, 12 if number == superseded else 6, on=FRI, parent=parent)
    book.plan(FRI)
    retry = book.again(book.touches(FRI, "call")[0], MON)
    book.imported(MON)
    book.plan(MON)
    (call,) = book.touches(MON, "call")
    assert (call.id, call.state, call.step) == (retry.id, "open", "followup_15")
    for number in ("PARENT", "CHILD"):
        book.pay(f"I-{number}")
        book.invoice(number, f"NEW-{number}", MON - timedelta(6))
    book.plan(MON)
    old, new = book.touches(MON, "call")
    assert (old.state, new.state) == ("skipped", "open")
    assert book.carried(new.id) == {"followup_5 NEW-PARENT", "followup_5 NEW-CHILD"}
    assert book.plan(MON).written == 0


@pytest.mark.parametrize(("agreed", "called_on"), [(TUE, TUE), (WED, WED), (WED + timedelta(1), MON)])
def test_a_call_of_these_days_takes_in_what_is_new_and_a_later_one_puts_nothing_off(
    book: Book, agreed: date, called_on: date
) -> None:
    late(book, "A", 9, on=FRI)
    book.plan(FRI)
    callback = book.again(book.touches(FRI, "call")[0], agreed)
    book.invoice("A", "NEW", MON - timedelta(5))
    book.imported(MON)
    (new,) = (one for one in book.plan(MON).to_json()["firings"] if one["subject"] == "NEW")
    assert new["touches"][0] == {"channel": "call", "date": called_on.isoformat()}
    joined = [one for one in book.touches(channel="call") if "followup_5 NEW" in book.carried(one.id)]
    assert [(one.day, one.state) for one in joined] == [(called_on, "open")]
    assert [one.id for one in book.touches(agreed, "call")] == [callback.id]
    assert book.plan(MON).written == 0


def test_a_plan_of_a_day_ahead_leaves_todays_touches_alone(small: Book) -> None:
    late(small, "A")
    small.plan(MON)
    planner.plan(small.ledger, day=WED, now=at(MON, 14))
    assert {(one.day, one.state) for one in small.touches()} == {(MON, "open"), (MON, "held")}
