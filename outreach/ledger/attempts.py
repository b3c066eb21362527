"""Call attempts: one request to a carrier each. The partial unique indexes are half of promise P1."""

from collections.abc import Collection, Iterable, Sequence
from datetime import date, datetime
from typing import Final

from sqlalchemy import ForeignKey, Index, bindparam, or_, select, text
from sqlalchemy.orm import Mapped, Session, mapped_column

from outreach.ledger import locks
from outreach.ledger.base import Base
from outreach.ledger.touches import TouchFiring
from outreach.rules import states

UNEXPLAINED = text("outcome = 'answered_unknown' AND disposition IS NULL AND asked_at IS NULL")
"""answered, by whom was not reported, and neither rep nor carrier has been asked since"""
LIVE = text("state IN ('requested', 'sending', 'unknown', 'accepted', 'bridging')")


def _one_live(name: str, column: str) -> Index:
    return Index(
        f"uq_call_attempts_live_{name}", column, unique=True, postgresql_where=LIVE, sqlite_where=LIVE
    )


class CallAttempt(Base):
    """From the click to the outcome. States, ranks: rules.outcomes; no carrier overwrites a disposition."""

    __tablename__ = "call_attempts"
    __table_args__ = (
        _one_live("account", "account_id"),
        _one_live("destination", "destination_id"),
        _one_live("rep", "rep_id"),
        Index("ix_call_attempts_caps", "destination_id", "day"),
        Index("ix_call_attempts_account_day", "account_id", "day"),
        Index("ix_call_attempts_rep_day", "rep_id", "day"),
        Index("ix_call_attempts_live", "moved_at", postgresql_where=LIVE, sqlite_where=LIVE),
        Index(
            "ix_call_attempts_unexplained",
            "moved_at",
            postgresql_where=UNEXPLAINED,
            sqlite_where=UNEXPLAINED,
        ),
        Index("ix_call_attempts_provider", "provider", "provider_ref"),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    touch_id: Mapped[int | None] = mapped_column(ForeignKey("touches.id"), index=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    contact_id: Mapped[int | None] = mapped_column(ForeignKey("contacts.id"))
    destination_id: Mapped[int] = mapped_column(ForeignKey("destinations.id"))
    rep_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    day: Mapped[date]
    """the organization's date of the click: caps count by it"""
    step: Mapped[str]
    state: Mapped[str] = mapped_column(default="requested")
    outcome: Mapped[str | None]
    disposition: Mapped[str | None]
    answered_by: Mapped[str | None]
    counts: Mapped[bool] = mapped_column(default=True)
    """rang or may have rung: it stands against the caps"""
    provider: Mapped[str]
    provider_ref: Mapped[str | None]
    """the carrier's id of the call: of its first leg"""
    customer_ref: Mapped[str | None]
    """the carrier's id of the customer's leg"""
    caller_id: Mapped[str | None]
    progress: Mapped[str | None]
    """the carrier's last word on the customer's leg: queued, ringing, connected"""
    detail: Mapped[str | None]
    requested_at: Mapped[datetime]
    sent_at: Mapped[datetime | None]
    """wall time of the one request: carriers know no demo clock"""
    bridging_at: Mapped[datetime | None]
    """from when the customer's phone may ring: the rep's key, or the claim where the customer is first"""
    connected_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    moved_at: Mapped[datetime]
    """wall time of the last move from state to state: how long it is in doubt, or how late a report is"""
    rep_over_at: Mapped[datetime | None]
    """wall time at which the carrier said that the rep's leg is over"""
    asked_at: Mapped[datetime | None]
    """wall time at which the reconciler last asked the carrier"""
    ask_at: Mapped[datetime | None]
    """wall time from which the carrier is to be asked, sooner than our patience says: it has more to tell"""
    checks: Mapped[int] = mapped_column(default=0)
    """how often the carrier was asked in vain since the last move"""
    seconds: Mapped[int | None]
    wrapped_at: Mapped[datetime | None]
    policy_id: Mapped[int | None] = mapped_column(ForeignKey("policies.id"))


NEVER_SAVED: Final = ("answered_human", "answered_unknown")


def lock(session: Session, attempt_id: str) -> CallAttempt | None:
    """The attempt as it stands now, its customer, destination and rep-day locked; None if there is none."""
    attempt = session.get(CallAttempt, attempt_id)
    if attempt is None:
        return None
    locks.lock_customer(session, attempt.account_id)
    locks.lock_destinations(session, [attempt.destination_id])
    locks.lock_rep_day(session, attempt.rep_id, attempt.day)
    session.refresh(attempt)
    return attempt


def move(attempt: CallAttempt, state: str, wall: datetime) -> bool:
    """Move it up, by the one guard of states (P5). False: it has been further already."""
    if not states.may_move_call(attempt.state, state):
        return False
    attempt.state, attempt.moved_at, attempt.checks, attempt.asked_at = state, wall, 0, None
    return True


def by_ref(session: Session, provider: str, ref: str) -> CallAttempt | None:
    """The attempt that is this call of the carrier's; not locked."""
    query = select(CallAttempt).where(CallAttempt.provider == provider, CallAttempt.provider_ref == ref)
    return session.scalars(query).first()


def ask_now(attempt: CallAttempt, wall: datetime) -> None:
    """Let the carrier be asked at once how this call ended, unless that is known."""
    if attempt.state in states.CALL_LIVE:
        attempt.ask_at = attempt.ask_at or wall


def in_the_way(session: Session, *, account_id: int, destination_id: int, rep_id: int) -> CallAttempt | None:
    """A live call to this customer, to this number or by this rep: there may be one of each."""
    same = {"account": account_id, "destination": destination_id, "rep": rep_id}
    return session.scalars(_IN_THE_WAY, same).first()


_SAME = or_(
    CallAttempt.account_id == bindparam("account"),
    CallAttempt.destination_id == bindparam("destination"),
    CallAttempt.rep_id == bindparam("rep"),
)
_IN_THE_WAY = select(CallAttempt).where(LIVE, _SAME).limit(1)


def on_the_phone(session: Session, rep_ids: Collection[int]) -> set[int]:
    """Which of these reps have a live call."""
    return set(session.scalars(select(CallAttempt.rep_id).where(LIVE, CallAttempt.rep_id.in_(rep_ids))))


def live(session: Session) -> Sequence[CallAttempt]:
    """Every call under way, oldest move first; there are never more of them than reps."""
    return session.scalars(select(CallAttempt).where(LIVE).order_by(CallAttempt.moved_at)).all()


def unexplained(session: Session, *, since: datetime) -> Sequence[CallAttempt]:
    """Calls that ended after `since` (wall time), answered by nobody knows whom, and not yet asked about."""
    query = select(CallAttempt).where(UNEXPLAINED, CallAttempt.moved_at >= since)
    return session.scalars(query.order_by(CallAttempt.moved_at)).all()


def current(session: Session, rep_id: int) -> CallAttempt | None:
    """What the rep's desk shows: the live call, else the last answered one that was not saved yet."""
    own = select(CallAttempt).where(CallAttempt.rep_id == rep_id)
    live_one = session.scalars(own.where(LIVE)).first()
    unsaved = own.where(CallAttempt.wrapped_at.is_(None), CallAttempt.outcome.in_(NEVER_SAVED))
    return live_one or session.scalars(unsaved.order_by(CallAttempt.ended_at.desc()).limit(1)).first()


def claimed(session: Session, provider: str, call_ids: Iterable[str]) -> set[str]:
    """Which of the carrier's calls belong to an attempt already."""
    refs = CallAttempt.provider_ref.in_(list(call_ids))
    query = select(CallAttempt.provider_ref).where(CallAttempt.provider == provider, refs)
    return {ref for ref in session.scalars(query) if ref}


def ended_for(
    session: Session, firing_ids: Iterable[int], *, since: date | None = None
) -> Sequence[CallAttempt]:
    """Ended attempts of touches that carried any of these firings, oldest first."""
    touches = select(TouchFiring.touch_id).where(TouchFiring.firing_id.in_(list(firing_ids)))
    query = select(CallAttempt).where(CallAttempt.touch_id.in_(touches), CallAttempt.outcome.is_not(None))
    if since is not None:
        query = query.where(CallAttempt.day >= since)
    return session.scalars(query.order_by(CallAttempt.requested_at, CallAttempt.id)).all()
