"""Touches: one planned call or email to one customer on one day (product.md 2)."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Literal, cast

from sqlalchemy import (
    JSON,
    BigInteger,
    CursorResult,
    ForeignKey,
    Index,
    Integer,
    UniqueConstraint,
    and_,
    bindparam,
    delete,
    func,
    select,
    text,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, Session, mapped_column

from outreach.ledger.among import among, ids_named
from outreach.ledger.base import Base, Key
from outreach.ledger.firings import Firing
from outreach.rules import reasons

UNENDED = text("state IN ('open', 'held', 'started')")
End = Literal["done", "skipped", "expired", "failed", "unconfirmed"]
DUE_MAIL = text("state = 'open' AND channel = 'email'")


class Touch(Base):
    """Unique by (account, channel, date, n). Its rank is fixed at plan time."""

    __tablename__ = "touches"
    __table_args__ = (
        UniqueConstraint("account_id", "channel", "day", "n"),
        Index("ix_touches_unended", "day", postgresql_where=UNENDED, sqlite_where=UNENDED),
        Index("ix_touches_day", "day", "account_id"),
        Index("ix_touches_due_mail", "not_before", postgresql_where=DUE_MAIL, sqlite_where=DUE_MAIL),
        Index("ix_touches_due_mail_to", "destination_id", postgresql_where=DUE_MAIL, sqlite_where=DUE_MAIL),
        Index("ix_touches_desk", "rep_id", "day", "rank"),
    )

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    channel: Mapped[str]
    """call or email"""
    day: Mapped[date]
    n: Mapped[int] = mapped_column(default=1)
    state: Mapped[str] = mapped_column(default="open")
    """open, held, started, done, skipped, expired, failed, unconfirmed"""
    reason: Mapped[str | None]
    step: Mapped[str]
    """the highest of its firings: it decides letter and script"""
    tier: Mapped[int | None]
    rank: Mapped[int | None]
    value_minor: Mapped[int] = mapped_column(BigInteger, default=0)
    currency: Mapped[str]
    reasons: Mapped[list[str]] = mapped_column(JSON)
    rep_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    contact_id: Mapped[int | None] = mapped_column(ForeignKey("contacts.id"))
    destination_id: Mapped[int | None] = mapped_column(ForeignKey("destinations.id"))
    not_before: Mapped[datetime | None]
    not_after: Mapped[datetime | None]
    """the window in which it may leave, worked out at plan time; the gate asks again"""
    tries: Mapped[int] = mapped_column(default=0)
    """attempts inside it that did not count (failed, not placed, canceled, rep did not answer)"""
    asked_by: Mapped[str | None]
    """the login of who asked for it by hand; None: the playbook did"""
    policy_id: Mapped[int | None] = mapped_column(ForeignKey("policies.id"))
    plan_id: Mapped[int | None] = mapped_column(ForeignKey("plans.id"))
    created_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


class TouchFiring(Base):
    """A firing carried by a touch."""

    __tablename__ = "touch_firings"

    touch_id: Mapped[int] = mapped_column(ForeignKey("touches.id"), primary_key=True)
    firing_id: Mapped[int] = mapped_column(ForeignKey("firings.id"), primary_key=True, index=True)


def start(session: Session, touch_id: int) -> bool:
    """Claim an open touch for one attempt or letter. False if it is not open any more."""
    claim = update(Touch).where(Touch.id == touch_id, Touch.state == "open").values(state="started")
    return _rows(session.execute(claim)) == 1


def start_many(session: Session, touch_ids: Iterable[int]) -> int:
    """Claim open touches, for letters. Returns how many there were."""
    claim = update(Touch).where(Touch.id.in_(list(touch_ids)), Touch.state == "open")
    return _rows(session.execute(claim.values(state="started")))


def reopen(session: Session, touch_id: int, *, not_before: datetime | None, tried: bool) -> None:
    """What was started did not count: it may be tried again. `tried` adds it to the tries inside it."""
    again = {"state": "open", "not_before": func.coalesce(not_before, Touch.not_before)}
    again |= {"tries": Touch.tries + 1} if tried else {}
    session.execute(update(Touch).where(Touch.id == touch_id, Touch.state == "started").values(again))


def end(session: Session, touch_ids: Iterable[int], state: End, reason: str, *, now: datetime) -> int:
    """End touches that have not ended, with the reason people will read. Returns how many."""
    ending = update(Touch).where(Touch.id.in_(list(touch_ids)), UNENDED)
    return _rows(session.execute(ending.values(state=state, reason=reason, ended_at=now)))


def expire(session: Session, before: date, *, now: datetime, limit: int) -> int:
    """End touches whose day is over and that nobody started. Their firings stay open for the next plan. What
    waits for a release goes on waiting. Returns how many were ended."""
    over = select(Touch.id).where(UNENDED, Touch.state == "open", Touch.day < before).limit(limit)
    ending = update(Touch).where(Touch.id.in_(over), Touch.state == "open")  # one may start this moment
    return _rows(session.execute(ending.values(state="expired", reason="its day ended", ended_at=now)))


def due_mail(session: Session, now: datetime, *, limit: int) -> Sequence[Touch]:
    """The open letters of the next `limit` addresses, longest due first; all that are due to an address come
    together, because one letter carries them."""
    addresses = set(session.scalars(_FIRST_DUE, {"now": now, "most": limit}))
    return session.scalars(_DUE_TO, {"now": now, "ids": addresses}).all()


_DUE = (DUE_MAIL, Touch.not_before <= bindparam("now"), Touch.destination_id.is_not(None))
_FIRST_DUE = (
    select(Touch.destination_id)
    .where(*_DUE)
    .order_by(Touch.not_before, Touch.id)
    .limit(bindparam("most", type_=Integer))
)
_DUE_TO = (
    select(Touch)
    .where(*_DUE, among(Touch.__table__.c.destination_id, ids_named("ids")))
    .order_by(Touch.account_id, Touch.id)
)


def release(session: Session, until: date) -> int:
    """Let the held touches of a day leave, and those of days before it. Returns how many."""
    held = update(Touch).where(UNENDED, Touch.state == "held", Touch.day <= until)
    return _rows(session.execute(held.values(state="open")))


def restate(session: Session, touch_id: int, state: End, reason: str) -> None:
    """What ended it is known better now; that it has ended, and when, stays."""
    ended = update(Touch).where(Touch.id == touch_id, Touch.state.in_(("done", "failed")))
    session.execute(ended.values(state=state, reason=reason))


def firings_of(session: Session, touch_id: int) -> Sequence[Firing]:
    """The firings it carries that are still open, in the order they fired."""
    return open_firings(session, [touch_id])[touch_id]


def open_firings(session: Session, touch_ids: Collection[int]) -> Mapping[int, list[Firing]]:
    """Touch id -> the firings it carries that are still open, in the order they fired."""
    found: dict[int, list[Firing]] = {id_: [] for id_ in touch_ids}
    for touch_id, firing in session.execute(_OPEN_FIRINGS, {"ids": touch_ids}):
        found[touch_id].append(firing)
    return found


_OPEN_FIRINGS = (
    select(TouchFiring.touch_id, Firing)
    .join(Firing, Firing.id == TouchFiring.firing_id)
    .where(among(TouchFiring.__table__.c.touch_id, ids_named("ids")), Firing.state == "open")
    .order_by(Firing.id)
)


def calls_left(session: Session, planned: Mapping[int, Sequence[str]]) -> Mapping[int, list[str]]:
    """Touch id -> the reasons of a call that is `planned` for these, without what has ended meanwhile."""
    ended: dict[int, set[tuple[str, str]]] = {id_: set() for id_ in planned}
    still: dict[int, set[tuple[str, str]]] = {id_: set() for id_ in planned}
    for touch_id, step, subject, is_open in session.execute(_CALLED_ABOUT, {"ids": planned}):
        (still if is_open else ended)[touch_id].add((step, subject))
    return {id_: reasons.left(words, ended[id_], still[id_]) for id_, words in planned.items()}


_CALLED_ABOUT = (
    select(
        *(TouchFiring.touch_id, Firing.step, Firing.subject),
        and_(Firing.state == "open", Firing.call_side == "open"),
    )
    .join(Firing, Firing.id == TouchFiring.firing_id)
    .where(among(TouchFiring.__table__.c.touch_id, ids_named("ids")))
)


def carried(session: Session, touch_id: int) -> Sequence[int]:
    """The firings it carries, ended or not."""
    return session.scalars(select(TouchFiring.firing_id).where(TouchFiring.touch_id == touch_id)).all()


def accounts_of(session: Session, touch_id: int | None) -> Sequence[int]:
    """The accounts whose firings it carries, ended or not."""
    query = select(Firing.account_id).join(TouchFiring, TouchFiring.firing_id == Firing.id)
    return session.scalars(query.where(TouchFiring.touch_id == touch_id).distinct()).all()


def carry(session: Session, touch_id: int, firing_ids: Iterable[int]) -> None:
    """Let a touch carry these firings too. Idempotent."""
    rows = [{"touch_id": touch_id, "firing_id": firing_id} for firing_id in firing_ids]
    if rows:
        dialect = sqlite if session.get_bind().dialect.name == "sqlite" else postgresql
        session.execute(dialect.insert(TouchFiring).on_conflict_do_nothing(), rows)


def put_down(session: Session, touch_id: int, firing_ids: Iterable[int]) -> None:
    """Let a touch carry these firings no more: they stay open by themselves."""
    mine = TouchFiring.firing_id.in_(list(firing_ids))
    session.execute(delete(TouchFiring).where(TouchFiring.touch_id == touch_id, mine))


def call_off(
    session: Session, account_id: int, firing_ids: Iterable[int], why: str, *, now: datetime
) -> None:
    """What was planned for these firings is not to happen; what a touch carries besides them goes on."""
    wanted = set(firing_ids)
    for touch in waiting(session, account_id, "call"):
        carried = {firing.id for firing in firings_of(session, touch.id)}
        if carried and carried <= wanted:
            end(session, [touch.id], "skipped", why, now=now)
        else:
            put_down(session, touch.id, carried & wanted)


def waiting(session: Session, account_id: int, channel: str, day: date | None = None) -> Sequence[Touch]:
    """Touches of an account that have not started: open or held, of one day or of any."""
    query = select(Touch).where(Touch.account_id == account_id, Touch.channel == channel)
    query = query.where(Touch.state.in_(("open", "held")))
    query = query.where(Touch.day == day) if day else query
    return session.scalars(query.order_by(Touch.day, Touch.n)).all()


_KEPT = (
    *("account_id", "channel", "step", "tier", "rank", "value_minor", "currency", "reasons"),
    *("rep_id", "contact_id", "destination_id", "policy_id", "plan_id"),
)


def again(touch: Touch, *, day: date, n: int, not_after: datetime | None, now: datetime) -> Touch:
    """One more touch like this one, on another date: same customer, contact, rank and reasons."""
    copied = {name: getattr(touch, name) for name in _KEPT}
    return Touch(day=day, n=n, not_after=not_after, created_at=now, **copied)


def ask_by_hand(
    session: Session, before: Touch, *, by: str, day: date, now: datetime, **changed: object
) -> Touch:
    """A letter that a person asks for, due now: like the touch before it, and carrying the same, but for what
    is `changed`. Under the account's lock."""
    asked = again(
        before, day=day, n=next_n(session, before.account_id, "email", day), not_after=None, now=now
    )
    for name, value in {**changed, "channel": "email", "asked_by": by, "not_before": now}.items():
        setattr(asked, name, value)
    session.add(asked)
    session.flush()
    carry(session, asked.id, carried(session, before.id))
    return asked


def next_n(session: Session, account_id: int, channel: str, day: date) -> int:
    """The number of one more touch on that day, under the account's lock."""
    same_day = (Touch.account_id == account_id, Touch.channel == channel, Touch.day == day)
    return (session.execute(select(func.max(Touch.n)).where(*same_day)).scalar() or 0) + 1


def _rows(result: object) -> int:
    return cast("CursorResult[object]", result).rowcount
