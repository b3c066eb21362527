"""Open-invoices files that came by the page: kept, looked at, then applied by a person's word."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, ForeignKey, Index, select, text, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from outreach.ledger.base import Base

READING, PREVIEWED, REFUSED = "reading", "previewed", "refused"
APPLYING, APPLIED, DISCARDED = "applying", "applied", "discarded"
WAITING = text("state IN ('reading', 'applying') OR (state = 'discarded' AND import_id IS NOT NULL)")
"""what a worker has to do something about; of a discarded one the staged rows are still there"""
SHOWN = 20


class Upload(Base):
    """One file. `round` counts the previews: only the one that was seen can be applied."""

    __tablename__ = "uploads"
    __table_args__ = (
        Index("ix_uploads_waiting", "moved_at", postgresql_where=WAITING, sqlite_where=WAITING),
        Index("ix_uploads_came", "created_at"),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    paper_id: Mapped[int] = mapped_column(ForeignKey("papers.id"))
    file_name: Mapped[str]
    source: Mapped[str]
    as_of: Mapped[date | None]
    date_order: Mapped[str | None]
    decimal: Mapped[str] = mapped_column(default=".")
    sheet: Mapped[str | None]
    columns: Mapped[dict[str, str]] = mapped_column(JSON, default=dict)
    """what a person overruled, as a mapping file does: our column -> header, empty: do not use"""
    state: Mapped[str] = mapped_column(default=READING)
    round: Mapped[int] = mapped_column(default=1)
    import_id: Mapped[int | None] = mapped_column(BigInteger)
    """the import that holds its staged rows; no key, since one that changes nothing is forgotten"""
    preview: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    result: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    said: Mapped[str | None]
    """a sentence for who looks: why it is refused, or why it is to be looked at again"""
    control_totals: Mapped[dict[str, int]] = mapped_column(JSON, default=dict)
    accept_closed: Mapped[bool] = mapped_column(default=False)
    tries: Mapped[int] = mapped_column(default=0)
    """how often a worker took it up in this state"""
    doing: Mapped[str | None]
    done: Mapped[int] = mapped_column(default=0)
    total: Mapped[int | None]
    created_at: Mapped[datetime]
    created_by: Mapped[str]
    moved_at: Mapped[datetime]
    applied_by: Mapped[str | None]


def recent(session: Session) -> Sequence[Upload]:
    """The last files, the newest first."""
    return session.scalars(select(Upload).order_by(Upload.created_at.desc()).limit(SHOWN)).all()


def next_waiting(session: Session) -> Upload | None:
    """What a worker does next: who came first."""
    return session.scalars(select(Upload).where(WAITING).order_by(Upload.moved_at).limit(1)).first()


def put_away_before(session: Session, moment: datetime, *, now: datetime) -> None:
    """Discard what was looked at long ago and never applied: its staged rows take room."""
    forgotten = Upload.state == PREVIEWED, Upload.moved_at < moment
    session.execute(update(Upload).where(*forgotten).values(state=DISCARDED, moved_at=now))


def move(
    session: Session, upload_id: str, states: Sequence[str], round_: int, *, now: datetime, **values: Any
) -> bool:
    """Change it if it stands in one of these states and round. Whoever comes second gets False."""
    ours = Upload.id == upload_id, Upload.state.in_(states), Upload.round == round_
    told = {"tries": 0, "doing": None, "done": 0, "total": None, "moved_at": now, **values}
    return bool(session.execute(update(Upload).where(*ours).values(told)).rowcount == 1)  # type: ignore[attr-defined]
