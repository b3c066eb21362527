"""Who works here: users, their sessions, and failed sign-ins."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from outreach.ledger.base import Base, Key


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
