"""Posts that come at once are stored together; none waits for ever, and none spoils another."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import cast

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from outreach.ledger.base import Ledger
from outreach.ledger.inbox import Arrival, Event
from outreach.webhooks.keeping import Keeper, Parcel

WALL = datetime(2026, 11, 23, 15, 0, tzinfo=UTC)


class Slow:
    """A ledger whose first transaction ends when it is told to, and which counts them."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self.transactions = 0
        self.begun, self.go_on = threading.Event(), threading.Event()

    @contextmanager
    def writing(self) -> Iterator[Session]:
        self.transactions += 1
        self.begun.set()
        assert self.go_on.wait(10)
        with self._ledger.writing() as session:
            yield session


def _parcel(key: str, state: str = "new") -> Parcel:
    return Parcel("twilio", [Arrival(key, "status", None, b"")], WALL, state)


def _keys(ledger: Ledger) -> set[str]:
    with ledger.reading() as session:
        return set(session.scalars(select(Event.key)))


def _bring(keeper: Keeper, parcels: list[Parcel]) -> tuple[list[threading.Thread], dict[str, object]]:
    came: dict[str, object] = {}

    def bring(parcel: Parcel) -> None:
        try:
            came[parcel.arrivals[0].key] = keeper.keep(parcel)
        except IntegrityError as error:
            came[parcel.arrivals[0].key] = error

    threads = [threading.Thread(target=bring, args=(parcel,)) for parcel in parcels]
    for thread in threads:
        thread.start()
    return threads, came


def _at_once(ledger: Ledger, parcels: list[Parcel]) -> tuple[int, dict[str, object]]:
    """Bring one, and while it is being stored the others. Returns the transactions and what each was told."""
    slow = Slow(ledger)
    keeper = Keeper(cast(Ledger, slow))
    first, told = _bring(keeper, [_parcel("first")])
    assert slow.begun.wait(10)
    others, rest = _bring(keeper, parcels)
    while len(keeper._waiting) < len(parcels):
        pass
    slow.go_on.set()
    for thread in first + others:
        thread.join(20)
    return slow.transactions, told | rest


def test_those_who_wait_go_together(ledger: Ledger) -> None:
    transactions, told = _at_once(ledger, [_parcel(f"k{n}") for n in range(20)])
    assert transactions == 2
    assert _keys(ledger) == {"first", *(f"k{n}" for n in range(20))}
    assert sum(told[f"k{n}"] is True for n in range(20)) == 1, "one of them says so for all"
    assert told["first"] is True


def test_one_that_cannot_be_stored_spoils_no_other(ledger: Ledger) -> None:
    bad = Parcel("twilio", [Arrival("bad", cast(str, None), None, b"")], WALL)
    _, told = _at_once(ledger, [_parcel("a"), bad, _parcel("b")])
    assert _keys(ledger) == {"first", "a", "b"}
    assert isinstance(told["bad"], IntegrityError)
    assert not isinstance(told["a"], Exception)
    assert not isinstance(told["b"], Exception)


def test_what_is_known_already_or_only_put_aside_is_nothing_to_digest(ledger: Ledger) -> None:
    keeper = Keeper(ledger)
    assert keeper.keep(_parcel("k"))
    assert not keeper.keep(_parcel("k"))
    assert not keeper.keep(_parcel("odd", "quarantined"))
    assert _keys(ledger) == {"k", "odd"}


def test_one_that_cannot_be_stored_raises_to_who_brought_it(ledger: Ledger) -> None:
    keeper = Keeper(ledger)
    with pytest.raises(IntegrityError):
        keeper.keep(Parcel("twilio", [Arrival("bad", cast(str, None), None, b"")], WALL))
    assert keeper.keep(_parcel("good"))
