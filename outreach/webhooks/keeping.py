"""Where the door's posts become rows: those that come at once are stored in one transaction.

A database has one writer, or one disk to sync; whoever comes while others are being stored waits for them
anyway, and is then stored together with all who wait. Alone, a post is stored at once.
"""

import threading
from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy.orm import Session

from outreach.ledger import inbox
from outreach.ledger.base import Ledger
from outreach.ledger.inbox import Arrival


@dataclass(frozen=True, slots=True)
class Parcel:
    """What one post brought, and how it is to be stored."""

    provider: str
    arrivals: Sequence[Arrival]
    wall: datetime
    state: str = "new"
    detail: str | None = None
    stored: "Future[None]" = field(default_factory=Future)


class Keeper:
    """One for each process."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._waiting: list[Parcel] = []
        self._guard, self._turn = threading.Lock(), threading.Lock()

    def keep(self, parcel: Parcel) -> bool:
        """Return when it is committed. True if there is something new to digest, and no one else will say so.

        Raises what the database raised; then nothing of this parcel is stored.
        """
        fresh = 0
        with self._guard:
            self._waiting.append(parcel)
        with self._turn:
            if not parcel.stored.done():
                fresh = self._store_waiting()
        parcel.stored.result()
        return fresh > 0

    def _store_waiting(self) -> int:
        with self._guard:
            together, self._waiting = self._waiting, []
        try:
            return self._store(together)
        except Exception:
            if len(together) == 1:
                raise
            return sum(self._store_alone(parcel) for parcel in together)  # one may have spoiled the others

    def _store_alone(self, parcel: Parcel) -> int:
        try:
            return self._store([parcel])
        except Exception as error:  # noqa: BLE001 - it is raised to the one who brought it
            parcel.stored.set_exception(error)
            return 0

    def _store(self, parcels: Sequence[Parcel]) -> int:
        with self._ledger.writing() as session:
            fresh = sum(_put(session, one) for one in parcels)
        for one in parcels:
            one.stored.set_result(None)
        return fresh


def _put(session: Session, parcel: Parcel) -> int:
    """How many events of it are to be digested."""
    stored = inbox.store_many(
        *(session, parcel.provider, parcel.arrivals),
        wall=parcel.wall,
        state=parcel.state,
        detail=parcel.detail,
    )
    return stored if parcel.state == "new" else 0
