"""Letters: one request to a mail provider each, and the places of firings they take."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime

from sqlalchemy import JSON, ForeignKey, Index, and_, func, or_, select, text, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from outreach.ledger import locks
from outreach.ledger.among import among, ids_named
from outreach.ledger.base import Base
from outreach.ledger.firings import Firing
from outreach.rules import states

IN_DOUBT = text("state IN ('sending', 'unknown')")
UNCONFIRMED = text("state = 'unconfirmed' AND sent_again_by IS NULL")
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
    covers: Mapped[dict[str, list[str]]] = mapped_column(JSON, default=dict)
    """every account it speaks of (by id), with the numbers of the invoices listed"""
    contact_id: Mapped[int | None] = mapped_column(ForeignKey("contacts.id"))
    destination_id: Mapped[int] = mapped_column(ForeignKey("destinations.id"))
    day: Mapped[date]
    step: Mapped[str]
    automatic: Mapped[bool] = mapped_column(default=True)
    actor: Mapped[str] = mapped_column(default="outreach")
    """who had it sent: outreach, or a login"""
    state: Mapped[str] = mapped_column(default="sending")
    subject: Mapped[str | None]
    reply_to: Mapped[str | None]
    template: Mapped[str | None]
    """name and version of the template that made it"""
    paper_id: Mapped[int | None] = mapped_column(ForeignKey("papers.id"))
    """what left, byte for byte (text, HTML), and the facts it was made from"""
    attachment_id: Mapped[int | None] = mapped_column(ForeignKey("papers.id"))
    sent_again_by: Mapped[str | None]
    """who decided that another letter goes in its stead, because nobody can vouch for this one"""
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


def lock(session: Session, letter_ids: Iterable[str]) -> Sequence[Letter]:
    """These letters as they stand now, by id, with every account they cover and their addresses locked."""
    query = select(Letter).where(Letter.id.in_(list(letter_ids))).order_by(Letter.id)
    seen = session.scalars(query).all()
    covered = (int(account) for letter in seen for account in (*letter.covers, str(letter.account_id)))
    locks.lock_accounts(session, covered)
    locks.lock_destinations(session, (letter.destination_id for letter in seen))
    return session.scalars(query.execution_options(populate_existing=True)).all()


def move(letter: Letter, state: str) -> bool:
    """Move it up, by the one guard of states (P5). False: it has been further already."""
    if not states.may_move_letter(letter.state, state):
        return False
    letter.state = state
    return True


def touches_of(session: Session, letter_ids: Iterable[str]) -> Sequence[int]:
    query = select(LetterTouch.touch_id).where(LetterTouch.letter_id.in_(list(letter_ids)))
    return session.scalars(query.distinct()).all()


def firings_of(session: Session, letter_ids: Iterable[str]) -> Sequence[int]:
    query = select(LetterFiring.firing_id).where(LetterFiring.letter_id.in_(list(letter_ids)))
    return session.scalars(query.distinct()).all()


def carrying(session: Session, letter_ids: Iterable[str], steps: Iterable[str]) -> set[str]:
    """Those of these letters that carry a firing of one of these steps."""
    query = select(LetterFiring.letter_id).join(Firing, Firing.id == LetterFiring.firing_id)
    carries = (LetterFiring.letter_id.in_(list(letter_ids)), Firing.step.in_(list(steps)))
    return set(session.scalars(query.where(*carries)))


def taken(session: Session, firing_ids: Iterable[int]) -> set[tuple[int, int]]:
    """The places (firing, number) that a letter holds which was not proved unsent."""
    return {(firing_id, place) for firing_id, place in session.execute(_TAKEN, {"ids": list(firing_ids)})}


_TAKEN = select(LetterFiring.firing_id, LetterFiring.place).where(
    among(LetterFiring.__table__.c.firing_id, ids_named("ids")), LetterFiring.standing
)


def give_places_back(session: Session, letter_id: str) -> None:
    """It is proved that it was not sent, or a person decided to send another in its stead."""
    session.execute(update(LetterFiring).where(LetterFiring.letter_id == letter_id).values(standing=False))


def left_behind(session: Session, sent_before: datetime) -> Sequence[str]:
    """Letters still `sending` long after their intent (wall time): their worker died, or hangs."""
    query = select(Letter.id).where(IN_DOUBT, Letter.state == "sending", Letter.sent_at < sent_before)
    return session.scalars(query.order_by(Letter.sent_at)).all()


def long_unknown(session: Session, created_before: datetime) -> Sequence[str]:
    query = select(Letter.id).where(IN_DOUBT, Letter.state == "unknown", Letter.created_at < created_before)
    return session.scalars(query.order_by(Letter.created_at)).all()


def automatic_on(session: Session, day: date) -> int:
    """How many automatic letters left, or may have left, on a day."""
    query = select(func.count()).select_from(Letter).where(Letter.day == day, Letter.automatic)
    return session.execute(query.where(Letter.state != "refused")).scalar_one()


def unwritable_on(session: Session, day: date, step: str) -> int:
    """How many letters of a step could not be written that day: their template is at fault."""
    same = (Letter.day == day, Letter.state == "refused", Letter.step == step, Letter.template.is_(None))
    return session.execute(select(func.count()).select_from(Letter).where(*same)).scalar_one()


def by_provider_ref(session: Session, provider: str, refs: Iterable[str]) -> Letter | None:
    """The letter the provider gave one of these ids to."""
    query = select(Letter).where(Letter.provider == provider, Letter.provider_ref.in_(list(refs)))
    return session.scalars(query.limit(1)).first()


def by_message_ids(session: Session, ids: Sequence[str], providers: Sequence[str]) -> Letter | None:
    """The letter that one of these Message-IDs names, the first of them that names any: our own id stands
    before the @, or the id the provider gave it."""
    names = [id_.partition("@")[0] for id_ in ids]
    ours = or_(Letter.id.in_(names), and_(Letter.provider.in_(providers), Letter.provider_ref.in_(names)))
    found = session.scalars(select(Letter).where(ours)).all()
    return min(found, key=lambda one: min(_places(one, names)), default=None)


def _places(letter: Letter, names: Sequence[str]) -> list[int]:
    return [names.index(name) for name in (letter.id, letter.provider_ref) if name in names]


def latest_to(session: Session, destination_id: int) -> Letter | None:
    """The letter that left for an address last: a guess where a report names nothing else."""
    query = select(Letter).where(Letter.destination_id == destination_id, Letter.state != "refused")
    likely_first = (Letter.accepted_at.is_(None), Letter.day.desc(), Letter.created_at.desc())
    return session.scalars(query.order_by(*likely_first).limit(1)).first()
