"""A day's end: what was not begun has expired, what waits for a release or is under way has not."""

from datetime import UTC, date, datetime, timedelta

from sqlalchemy import select

from outreach.campaigns.planning import expiry
from outreach.ledger.base import Ledger
from outreach.ledger.receivables import Account
from outreach.ledger.touches import Touch

NOW = datetime(2026, 11, 24, 5, 5, tzinfo=UTC)
MONDAY, TUESDAY = date(2026, 11, 23), date(2026, 11, 24)


def add_touches(ledger: Ledger, state: str, day: date, many: int = 1) -> None:
    with ledger.writing() as session:
        number = f"{state} {day}"
        account = Account(number=number, name=number, created_at=NOW)
        session.add(account)
        session.flush()
        session.add_all(
            Touch(
                account_id=account.id,
                channel="call",
                day=day,
                n=n,
                step="followup_5",
                state=state,
                reasons=[],
                value_minor=0,
                currency="USD",
                created_at=NOW - timedelta(days=1),
            )
            for n in range(1, many + 1)
        )


def states(ledger: Ledger) -> set[tuple[str, date, str | None]]:
    with ledger.reading() as session:
        rows = session.execute(select(Touch.state, Touch.day, Touch.reason))
        return {(state, day, reason) for state, day, reason in rows}


def test_only_what_was_planned_for_an_earlier_day_and_not_begun_expires(ledger: Ledger) -> None:
    for state in ("open", "held", "started", "done"):
        add_touches(ledger, state, MONDAY)
    add_touches(ledger, "open", TUESDAY)
    assert expiry.expire(ledger, TUESDAY, now=NOW) == 1
    assert states(ledger) == {
        ("expired", MONDAY, "its day ended"),
        ("held", MONDAY, None),
        ("started", MONDAY, None),
        ("done", MONDAY, None),
        ("open", TUESDAY, None),
    }


def test_it_goes_on_until_none_is_left_and_a_second_run_finds_nothing(ledger: Ledger) -> None:
    many = 2 * expiry.AT_ONCE + 1
    add_touches(ledger, "open", MONDAY, many)
    assert expiry.expire(ledger, TUESDAY, now=NOW) == many
    assert expiry.expire(ledger, TUESDAY, now=NOW) == 0
