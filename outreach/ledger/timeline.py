"""The story of one account, newest first: the collections log with the calls and letters it speaks of."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from sqlalchemy import Select, or_, select
from sqlalchemy.orm import Session

from outreach.ledger.attempts import CallAttempt
from outreach.ledger.letters import Letter, LetterTouch
from outreach.ledger.log import LogEntry, LogText
from outreach.ledger.touches import Touch


@dataclass(frozen=True, slots=True)
class Happening:
    """One entry, its words, and the call or letter it is about."""

    entry: LogEntry
    text: LogText | None
    call: CallAttempt | None
    letter: Letter | None
    later: list["Happening"] = field(default_factory=list)
    """entries that refine this one, in the order they came: one call is one story, however often told"""

    @property
    def words(self) -> str | None:
        if self.text is None or self.text.erased_at is None:
            return self.text.body if self.text else None
        return f"erased on {self.text.erased_at:%Y-%m-%d} by {self.text.erased_by}"


def timeline(
    session: Session,
    account_id: int,
    *,
    before: int | None = None,
    limit: int = 50,
    contact_only: bool = False,
) -> Sequence[Happening]:
    """Entries older than the entry `before` (None: the newest), at most `limit`: a page by keyset.

    `contact_only`: calls, letters and what came back, without our own bookkeeping.
    """
    query = _happenings().where(LogEntry.account_id == account_id).order_by(LogEntry.id.desc()).limit(limit)
    if contact_only:
        query = query.where(LogEntry.channel.is_not(None))
    if before is not None:
        query = query.where(LogEntry.id < before)
    return _folded([Happening(*row) for row in session.execute(query)])


def last_said(session: Session, account_id: int) -> Happening | None:
    """What was said last: the newest entry with words of a conversation, note or reply in it."""
    spoken = LogEntry.disposition.is_not(None) | (
        (LogEntry.channel == "call") & LogEntry.text_id.is_not(None)
    )
    query = _happenings().where(LogEntry.account_id == account_id, spoken | (LogEntry.direction == "in"))
    row = session.execute(query.order_by(LogEntry.id.desc()).limit(1)).first()
    return Happening(*row) if row else None


def letters(session: Session, account_id: int, *, limit: int = 50) -> Sequence[Letter]:
    """The letters that speak of the account, newest first, in whatever state they are."""
    carries = select(LetterTouch.letter_id).join(Touch, Touch.id == LetterTouch.touch_id)
    theirs = Letter.id.in_(carries.where(Touch.account_id == account_id))
    query = select(Letter).where(or_(Letter.account_id == account_id, theirs))
    return session.scalars(query.order_by(Letter.created_at.desc(), Letter.id).limit(limit)).all()


def _folded(newest_first: Sequence[Happening]) -> list[Happening]:
    """Entries that refine another of this page move to it."""
    first = {one.entry.sequence: one for one in newest_first if one.entry.refines is None}
    for one in reversed(newest_first):
        if one.entry.refines in first:
            first[one.entry.refines].later.append(one)
    return [one for one in newest_first if one.entry.refines not in first]


def _happenings() -> Select[LogEntry, LogText, CallAttempt, Letter]:
    return (
        select(LogEntry, LogText, CallAttempt, Letter)
        .outerjoin(LogText, LogText.id == LogEntry.text_id)
        .outerjoin(CallAttempt, CallAttempt.id == LogEntry.about)
        .outerjoin(Letter, Letter.id == LogEntry.about)
    )
