"""Letters: one request to a mail provider each, and the places of firings they take."""

from datetime import date, datetime

from sqlalchemy import ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from outreach.ledger.base import Base

IN_DOUBT = text("state IN ('sending', 'unknown')")
UNCONFIRMED = text("state = 'unconfirmed'")
STANDING = text("standing")


class Letter(Base):
    """An email from intent to its last report. States and ranks: rules.outcomes."""

    __tablename__ = "letters"
    __table_args__ = (
        Index(
            "uq_letters_in_doubt_destination",
            "destination_id",
            unique=True,
            postgresql_where=IN_DOUBT,
            sqlite_where=IN_DOUBT,
        ),
        Index("ix_letters_in_doubt", "sent_at", postgresql_where=IN_DOUBT, sqlite_where=IN_DOUBT),
        Index("ix_letters_destination_day", "destination_id", "day"),
        Index("ix_letters_day", "day", "state"),
        Index("ix_letters_unconfirmed", "created_at", postgresql_where=UNCONFIRMED, sqlite_where=UNCONFIRMED),
        Index("ix_letters_account", "account_id", "created_at"),
        Index("ix_letters_provider", "provider", "provider_ref"),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    touch_id: Mapped[int | None] = mapped_column(ForeignKey("touches.id"), index=True)
    """the touch whose step it bears; all it carries stand in letter_touches"""
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    contact_id: Mapped[int | None] = mapped_column(ForeignKey("contacts.id"))
    destination_id: Mapped[int] = mapped_column(ForeignKey("destinations.id"))
    day: Mapped[date]
    step: Mapped[str]
    automatic: Mapped[bool] = mapped_column(default=True)
    state: Mapped[str] = mapped_column(default="sending")
    subject: Mapped[str | None]
    reply_to: Mapped[str | None]
    template: Mapped[str | None]
    """name and version of the template that made it"""
    paper_id: Mapped[int | None] = mapped_column(ForeignKey("papers.id"))
    """what left, byte for byte (text, HTML), and the facts it was made from"""
    attachment_id: Mapped[int | None] = mapped_column(ForeignKey("papers.id"))
    provider: Mapped[str]
    provider_ref: Mapped[str | None]
    detail: Mapped[str | None]
    opened_at: Mapped[datetime | None]
    replied_at: Mapped[datetime | None]
    complained_at: Mapped[datetime | None]
    created_at: Mapped[datetime]
    sent_at: Mapped[datetime | None]
    """wall time of the intent's commit"""
    accepted_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    policy_id: Mapped[int | None] = mapped_column(ForeignKey("policies.id"))


class LetterTouch(Base):
    """A touch that a letter carries: one letter may speak for several accounts with the same address."""

    __tablename__ = "letter_touches"

    letter_id: Mapped[str] = mapped_column(ForeignKey("letters.id"), primary_key=True)
    touch_id: Mapped[int] = mapped_column(ForeignKey("touches.id"), primary_key=True, index=True)


class LetterFiring(Base):
    """The place of a firing that a letter takes: at most one standing letter per place (promise P1).
    `standing` turns false only with proof that the letter was not accepted."""

    __tablename__ = "letter_firings"
    __table_args__ = (
        Index(
            "uq_letter_firings_place",
            "firing_id",
            "place",
            unique=True,
            postgresql_where=STANDING,
            sqlite_where=STANDING,
        ),
    )

    letter_id: Mapped[str] = mapped_column(ForeignKey("letters.id"), primary_key=True)
    firing_id: Mapped[int] = mapped_column(ForeignKey("firings.id"), primary_key=True, index=True)
    place: Mapped[int]
    standing: Mapped[bool] = mapped_column(default=True)
