import random

import pytest

from outreach.rules.policy import Desk
from outreach.rules.priority import Candidate, order, queue, tier
from outreach.rules.steps import STEPS, step
from tests.rules.given import day

TODAY = day("2026-11-23")
DESK = Desk()
LATELY = day("2026-11-10")


def candidate(account_id: int, tier: int = 7, value: int | None = 1000, **more: object) -> Candidate:
    """Called lately, so not one of the quiet."""
    return Candidate(account_id, tier, value, rang_on=LATELY)._replace(**more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("names", "broken", "found"),
    [
        (["followup_5"], False, 7),
        (["followup_5", "followup_15"], False, 6),
        (["followup_5", "final_overdue"], False, 2),
        (["followup_5", "callback"], False, 0),
        (["followup_5"], True, 1),  # until the next conversation or promise
        (["callback"], True, 0),
    ],
)
def test_the_best_tier_of_the_open_firings(names: list[str], broken: bool, found: int) -> None:
    assert tier([step(name) for name in names], broken_promise=broken) == found


def test_a_step_without_a_call_gives_no_tier() -> None:
    with pytest.raises(ValueError, match="empty"):
        tier([STEPS["statement"]])


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (candidate(2, tier=2, value=1), candidate(1, tier=3, value=999)),
        (candidate(2, value=2000), candidate(1, value=1000)),
        (candidate(2, value=1, before_cut_off=True), candidate(1, value=999)),
        (candidate(2, value=1, before_cut_off=True), candidate(1, value=999, mrr_past_due=True)),
        (candidate(2, tier=6), candidate(1, tier=7, before_cut_off=True)),
        (candidate(2, value=1), candidate(1, value=None, before_cut_off=True)),
        (candidate(2, value=1, mrr_past_due=True), candidate(1, value=999)),
        (candidate(2, tier=6, value=1, mrr_past_due=True), candidate(1, tier=6, value=999)),
        (candidate(2, tier=4, value=999), candidate(1, tier=4, value=1, mrr_past_due=True)),
        (candidate(2, value=1), candidate(1, value=None)),  # no rate: last in its tier
        (candidate(2, value=None, tier=6), candidate(1, tier=7)),
        (candidate(2, value=1), candidate(1, value=None, mrr_past_due=True)),
        (candidate(2, last_contact_on=day("2026-09-01")), candidate(1, last_contact_on=LATELY)),
        (candidate(2, last_contact_on=None), candidate(1, last_contact_on=day("2020-01-01"))),
        (candidate(1), candidate(2)),
    ],
)
def test_order(first: Candidate, second: Candidate) -> None:
    assert order(first) < order(second)


def test_every_ninth_place_belongs_to_the_quiet() -> None:
    loud = [candidate(n, value=100_000 - n) for n in range(1, 101)]
    quiet = [candidate(n, value=n - 200, rang_on=None) for n in range(201, 231)]
    ranked = queue([*loud, *quiet], TODAY, DESK)
    ids = [one.account_id for one in ranked]
    places = [place for place, one in enumerate(ids[: DESK.target], start=1) if one > 200]
    assert places == [9, 18, 27, 36, 45, 54, 63, 72]  # 8 of the 75
    assert sorted(ids) == sorted(one.account_id for one in [*loud, *quiet])
    others = [one for place, one in enumerate(ids[:75], start=1) if place % 9]
    assert others == list(range(1, 68))


def test_the_longest_quiet_come_first() -> None:
    quiet = [candidate(n, rang_on=day(f"2026-0{n}-01")) for n in (7, 8, 9)]
    loud = [candidate(n, value=9999) for n in range(10, 40)]
    ranked = [one.account_id for one in queue([*quiet, *loud], TODAY, DESK)]
    assert [ranked[place - 1] for place in (9, 18, 27)] == [7, 8, 9]


@pytest.mark.parametrize(
    ("rang_on", "past_due", "place"),
    [
        ("2026-10-24", True, 9),  # 30 days ago
        ("2026-10-25", True, 21),
        (None, False, 21),  # nothing past due
    ],
)
def test_who_is_quiet(rang_on: str | None, past_due: bool, place: int) -> None:
    one = candidate(1, value=1, rang_on=day(rang_on) if rang_on else None, past_due=past_due)
    ranked = queue([one, *(candidate(n) for n in range(2, 22))], TODAY, DESK)
    assert ranked.index(one) + 1 == place


def test_without_quiet_accounts_the_ninth_place_goes_to_the_next_in_order() -> None:
    loud = [candidate(n, value=1000 - n) for n in range(1, 41)]
    assert queue(loud, TODAY, DESK) == loud


def test_everyone_is_ranked_once_and_the_order_of_arrival_does_not_matter() -> None:
    rng = random.Random(7)
    many = [
        candidate(
            n,
            tier=rng.randrange(8),
            value=rng.choice([None, rng.randrange(10**6)]),
            mrr_past_due=rng.random() < 0.3,
            rang_on=rng.choice([None, day("2026-05-01"), LATELY]),
            last_contact_on=rng.choice([None, LATELY]),
        )
        for n in range(500)
    ]
    ranked = queue(many, TODAY, DESK)
    assert sorted(one.account_id for one in ranked) == list(range(500))
    rng.shuffle(many)
    assert queue(many, TODAY, DESK) == ranked


def test_an_empty_day() -> None:
    assert queue([], TODAY, DESK) == []
