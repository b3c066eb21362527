"""Who works here: users, their sessions, and failed sign-ins."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sqlalchemy import ForeignKey, Index, or_, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from outreach.ledger.base import Base, Key
from outreach.ledger.passwords import hashed
from outreach.rules.numbers import number_problem
from outreach.rules.policy import Policy

ROLES = ("rep", "supervisor", "admin")
HOURS = re.compile(r"([01]\d|2[0-3]):[0-5]\d-([01]\d|2[0-3]):[0-5]\d")


class User(Base):
    """A rep, supervisor or admin. `phone` is the rep's own, rung first when a call is bridged."""

    __tablename__ = "users"

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    login: Mapped[str] = mapped_column(unique=True)
    role: Mapped[str]
    name: Mapped[str]
    phone: Mapped[str | None]
    email: Mapped[str | None]
    timezone: Mapped[str | None]
    hours: Mapped[str | None]
    """duty hours in their zone, as 08:00-17:00"""
    cover_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    password_hash: Mapped[str]
    active: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[datetime]

    @property
    def may_decide(self) -> bool:
        """What a rep asks for: payment plans, promises far ahead, agencies and liens."""
        return self.role in ("supervisor", "admin")


class SignedIn(Base):
    """A session on the server: the cookie carries only a secret whose hash is the key here."""

    __tablename__ = "sessions"

    token_hash: Mapped[str] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), index=True)
    started_at: Mapped[datetime]
    seen_at: Mapped[datetime]


class FailedSignIn(Base):
    """Counted per login and per address, in the database: a Redis that is down must not open the door."""

    __tablename__ = "failed_sign_ins"
    __table_args__ = (
        Index("ix_failed_sign_ins_login", "login", "at"),
        Index("ix_failed_sign_ins_ip", "ip", "at"),
    )

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    login: Mapped[str]
    ip: Mapped[str]
    at: Mapped[datetime]


@dataclass(frozen=True, slots=True, kw_only=True)
class NewUser:
    """What is known of a person before they work here."""

    login: str
    role: str
    name: str
    phone: str | None = None
    email: str | None = None
    timezone: str | None = None
    hours: str | None = None
    cover: str | None = None


def by_login(session: Session, login: str) -> User | None:
    return session.scalars(select(User).where(User.login == login)).first()


def logins_at_desk(session: Session, rep_id: int | None) -> Sequence[str]:
    """On whose desks a rep's accounts are: the rep's, and that of who covers them."""
    cover = select(User.cover_id).where(User.id == rep_id)
    return session.scalars(select(User.login).where(or_(User.id == rep_id, User.id.in_(cover)))).all()


def add_user(session: Session, new: NewUser, password: str, *, policy: Policy, now: datetime) -> User:
    """Add a person. Raises ValueError with what to do about it."""
    _check(session, new, policy)
    cover = by_login(session, new.cover) if new.cover else None
    user = User(
        login=new.login,
        role=new.role,
        name=new.name,
        phone=new.phone,
        email=new.email,
        timezone=new.timezone,
        hours=new.hours,
        cover_id=cover and cover.id,
        password_hash=hashed(password),
        created_at=now,
    )
    session.add(user)
    session.flush()
    return user


def _check(session: Session, new: NewUser, policy: Policy) -> None:
    if new.role not in ROLES:
        raise ValueError(f"{new.role} is not a role: use {', '.join(ROLES)}")
    if by_login(session, new.login):
        raise ValueError(f"{new.login} is taken: choose another login")
    if new.cover and not by_login(session, new.cover):
        raise ValueError(f"{new.cover} does not work here: add them first, or leave the cover out")
    if new.hours and not HOURS.fullmatch(new.hours):
        raise ValueError(f"{new.hours} are no hours: write them as 08:00-17:00")
    problem = number_problem(new.phone, policy.numbers) if new.phone else ""
    if problem:
        raise ValueError(f"the phone {new.phone} cannot be rung: {problem}")
    try:
        ZoneInfo(new.timezone or "UTC")
    except (ZoneInfoNotFoundError, ValueError):
        raise ValueError(f"{new.timezone} is not a time zone: write it as America/Denver") from None
