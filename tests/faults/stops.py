"""Stops that race the sends they forbid, and the judgment: after its commit nothing it covers began (P2)."""

import random
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Literal

from sqlalchemy import and_, select
from sqlalchemy.orm import Session

from outreach.ledger import locks
from outreach.ledger.attempts import CallAttempt
from outreach.ledger.base import Ledger
from outreach.ledger.clock import Clock
from outreach.ledger.commitments import Dispute, Hold
from outreach.ledger.destinations import Contact, Destination
from outreach.ledger.letters import Letter
from outreach.ledger.receivables import Account, Invoice
from outreach.ledger.touches import Touch
from outreach.rules.steps import CONFIRMATION

BEFORE_THE_CLAIM = ("requested", "sending", "accepted")
ABOUT_TO_LEAVE = timedelta(seconds=1)

Channel = Literal["call", "email"]


@dataclass(frozen=True)
class Stop:
    """One customer must not be contacted on these channels any more, from this moment on."""

    account_id: int
    channels: tuple[Channel, ...]
    spares: frozenset[str]
    """steps of letters that may leave all the same (product.md 3)"""
    committed_at: datetime


@dataclass
class Stopper:
    """Stops customers who are just being called or written to, now and then, each once."""

    ledger: Ledger
    clock: Clock
    dice: random.Random
    every: float
    """seconds between two stops"""
    made: list[Stop] = field(default_factory=list)
    _next_at: float = 0.0

    def __call__(self) -> None:
        if time.monotonic() < self._next_at:
            return
        self._next_at = time.monotonic() + self.every
        account_id = self._somebody()
        if account_id is not None:
            self.made.append(self._stop(account_id))

    def _somebody(self) -> int | None:
        known = {stop.account_id for stop in self.made}
        with self.ledger.reading() as session:
            now = self.clock.now()
            called = set(
                session.scalars(select(CallAttempt.account_id).where(CallAttempt.state.in_(BEFORE_THE_CLAIM)))
            )
            due = and_(
                Touch.channel == "email", Touch.state == "open", Touch.not_before < now + ABOUT_TO_LEAVE
            )
            written = set(session.scalars(select(Touch.account_id).where(due)))
        found = sorted((called | written) - known)
        return self.dice.choice(found) if found else None

    def _stop(self, account_id: int) -> Stop:
        how, channels, spares = self.dice.choice(STOPS)
        with self.ledger.writing() as session:
            locks.lock_accounts(session, [account_id])
            how(session, account_id, self.clock.now())
        return Stop(account_id, channels, spares, datetime.now(UTC))


def _dispute(session: Session, account_id: int, now: datetime) -> None:
    """They dispute all that is open."""
    today = now.date()
    for invoice in session.scalars(select(Invoice).where(Invoice.account_id == account_id)):
        dispute = Dispute(
            account_id=account_id,
            invoice_id=invoice.id,
            reason="not ordered",
            source="faults",
            opened_on=today,
            created_at=now,
        )
        session.add(dispute)
        session.flush()
        session.add(
            Hold(
                account_id=account_id,
                invoice_id=invoice.id,
                kind="dispute",
                dispute_id=dispute.id,
                since=today,
            )
        )


def _opt_out(session: Session, account_id: int, now: datetime) -> None:
    """Nobody there wants to be called or written to."""
    for person in session.scalars(select(Contact).where(Contact.account_id == account_id)):
        person.do_not_call = person.do_not_mail = True


def _suppress(session: Session, account_id: int, now: datetime) -> None:
    """Their address is not to be used, whoever wants to write to it."""
    addresses = select(Contact.email_id).where(Contact.account_id == account_id)
    ids = session.scalars(addresses).all()
    locks.lock_destinations(session, [id_ for id_ in ids if id_])
    for address in session.scalars(select(Destination).where(Destination.id.in_(ids))):
        address.suppressed_at, address.suppressed_why = now, "asked to"


def _hold(session: Session, account_id: int, now: datetime) -> None:
    """A lawyer has spoken."""
    session.get_one(Account, account_id).legal_hold_on = now.date()


How = Callable[[Session, int, datetime], None]
BOTH: tuple[Channel, ...] = ("call", "email")
NOTHING: frozenset[str] = frozenset()
SERVICE = frozenset({CONFIRMATION.name})
"""what a rep sends by hand, after a call that was made before the stop"""
STOPS: tuple[tuple[How, tuple[Channel, ...], frozenset[str]], ...] = (
    (_dispute, BOTH, SERVICE),
    (_opt_out, BOTH, NOTHING),
    (_hold, BOTH, NOTHING),
    (_suppress, ("email",), NOTHING),
)


def outrun(session: Session, stops: list[Stop], ahead: timedelta) -> Iterator[str]:
    """Sends that began after a stop was committed, one sentence each; none is the proof.

    The moment a send begins is read before its locks are taken: one that reads later than the commit's end
    began after it for certain. `ahead` is how far the business's time was ahead of the world's.
    """
    for stop in stops:
        if "call" in stop.channels:
            for call in session.scalars(select(CallAttempt).where(CallAttempt.account_id == stop.account_id)):
                bridged = call.bridging_at and call.bridging_at - ahead
                for what, at in (("was requested", call.sent_at), ("rang the customer", bridged)):
                    if at and at > stop.committed_at:
                        yield f"call {call.id} {what} {at - stop.committed_at} after a stop"
        if "email" in stop.channels:
            for letter in session.scalars(select(Letter).where(Letter.account_id == stop.account_id)):
                is_stopped = letter.step not in stop.spares
                if is_stopped and letter.sent_at and letter.sent_at > stop.committed_at:
                    yield f"letter {letter.id} left {letter.sent_at - stop.committed_at} after a stop"
