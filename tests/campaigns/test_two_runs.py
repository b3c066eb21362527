"""Two workers run the day at once, a person decides beside them: each thing happens once."""

import threading
from collections.abc import Callable
from datetime import date

from outreach.campaigns.suspension import daily
from outreach.rules.suspension import Event, NotAllowed
from tests.campaigns.casework import Casework, walked_to_due


def at_once(*deeds: Callable[[], object]) -> list[Exception]:
    """All of them together; what they raised."""
    gate = threading.Barrier(len(deeds))
    raised: list[Exception] = []

    def do(deed: Callable[[], object]) -> None:
        gate.wait()
        try:
            deed()
        except Exception as error:  # noqa: BLE001 - the test looks at it
            raised.append(error)

    threads = [threading.Thread(target=do, args=(deed,)) for deed in deeds]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return raised


def run(casework: Casework) -> Callable[[], object]:
    return lambda: daily.run(casework.book.ledger, now=casework.clock.at)


def test_two_workers_find_once(casework: Casework) -> None:
    for number in range(30):
        casework.book.account(f"A{number}")
        casework.book.invoice(f"A{number}", f"I{number}", date(2026, 10, 1), 500)
    casework.book.imported(date(2026, 12, 10))
    casework.clock.at = casework.clock.at.replace(month=12, day=10, hour=11)
    assert at_once(run(casework), run(casework), run(casework)) == []
    assert len(casework.cases()) == 31
    assert casework.events() == ["found"] * 31


def test_two_workers_hear_and_move_once(casework: Casework) -> None:
    casework.approved("2026-12-10")
    casework.letter("suspension_notice_1", "delivered")
    ledger, now = casework.book.ledger, casework.clock.at
    assert at_once(run(casework), run(casework), lambda: daily.hear(ledger, now=now)) == []
    assert casework.events().count("notice delivered") == 1


def test_two_supervisors_order_once(casework: Casework) -> None:
    walked_to_due(casework)
    raised = at_once(
        lambda: casework.decide(Event.CONFIRMED, "sam"),
        lambda: casework.decide(Event.CONFIRMED, "sue"),
        lambda: casework.decide(Event.CONFIRMED, "sam"),
        run(casework),
    )
    assert [type(error) for error in raised] == [NotAllowed, NotAllowed]
    assert len(casework.orders()) == 1
