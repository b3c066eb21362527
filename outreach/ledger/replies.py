"""What customers write to us: each mail once, whose it is, what was proposed of it, how it was answered.

Their words lie in `log_texts` (erasable), the mail itself and what it brought along in papers.
"""

from collections.abc import Collection, Iterable, Sequence
from datetime import date, datetime
from typing import NamedTuple

from sqlalchemy import JSON, BigInteger, ForeignKey, Index, func, select, text, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from outreach.ledger import firings, touches
from outreach.ledger.base import Base
from outreach.ledger.firings import Firing
from outreach.ledger.log import LogText
from outreach.ledger.papers import Paper
from outreach.ledger.receivables import Account
from outreach.ledger.scope import NotFound, Scope
from outreach.ledger.touches import Touch
from outreach.rules.steps import REPLY_WAITING

WAITING = text("ended_at IS NULL")
MOST = 200
"""replies that a page shows"""


class Reply(Base):
    """One mail. It waits until a person has answered it; what a machine wrote never does."""

    __tablename__ = "replies"
    __table_args__ = (
        Index("ix_replies_waiting", "received_at", postgresql_where=WAITING, sqlite_where=WAITING),
        Index("ix_replies_account", "account_id", "received_at"),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(unique=True)
    """Message-ID, address and content: what makes two posts the same mail"""
    kind: Mapped[str]
    """reply, auto_reply, bounce, complaint"""
    account_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    """None: nobody could tell whose it is; a person says so"""
    suggested_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    """whose it seems to be, where that is not certain enough"""
    letter_id: Mapped[str | None] = mapped_column(ForeignKey("letters.id"), index=True)
    contact_id: Mapped[int | None] = mapped_column(ForeignKey("contacts.id"))
    matched_by: Mapped[str]
    """the rule that found its account: reply address, thread, sender, invoice, a person; empty: none"""
    match_confidence: Mapped[float]
    sender: Mapped[str]
    sender_name: Mapped[str]
    subject: Mapped[str]
    sent_at: Mapped[datetime | None]
    received_at: Mapped[datetime]
    authentication: Mapped[str]
    """SPF and DKIM, in words"""
    is_verified: Mapped[bool]
    """From is where it came from"""
    is_truncated: Mapped[bool] = mapped_column(default=False)
    fault: Mapped[str] = mapped_column(default="")
    paper_id: Mapped[int] = mapped_column(ForeignKey("papers.id"))
    """the post as it came, byte for byte"""
    text_id: Mapped[int | None] = mapped_column(ForeignKey("log_texts.id"))
    """their own words, as in the log"""
    thread: Mapped[list[str] | None] = mapped_column(JSON)
    """the Message-IDs that an answer refers to, its own last"""
    intent: Mapped[str]
    also: Mapped[list[str]] = mapped_column(JSON)
    due_on: Mapped[date | None]
    amount_minor: Mapped[int | None] = mapped_column(BigInteger)
    currency: Mapped[str | None]
    invoices: Mapped[list[str]] = mapped_column(JSON)
    confidence: Mapped[float]
    words: Mapped[str]
    """those that say so"""
    answer_due: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    ended_by: Mapped[str | None]
    ended_how: Mapped[str | None]


class ReplyPart(Base):
    """What a mail brought along: its full text, its HTML (made safe), its files."""

    __tablename__ = "reply_parts"

    reply_id: Mapped[str] = mapped_column(ForeignKey("replies.id"), primary_key=True)
    n: Mapped[int] = mapped_column(primary_key=True)
    role: Mapped[str]
    """text, html or file"""
    name: Mapped[str]
    media_type: Mapped[str]
    paper_id: Mapped[int] = mapped_column(ForeignKey("papers.id"))


class ReplyAnswer(Base):
    """What a person has written back: the touch says what became of it."""

    __tablename__ = "reply_answers"

    reply_id: Mapped[str] = mapped_column(ForeignKey("replies.id"), primary_key=True)
    n: Mapped[int] = mapped_column(primary_key=True)
    """1, 2, ...: one more only where the one before came to nothing"""
    touch_id: Mapped[int] = mapped_column(ForeignKey("touches.id"), unique=True)
    text_id: Mapped[int] = mapped_column(ForeignKey("log_texts.id"))
    """its words, as in the log"""


class Line(NamedTuple):
    """A reply as a list shows it."""

    reply: Reply
    account: Account | None
    words: str
    """their own; empty: none, or erased"""


class Part(NamedTuple):
    part: ReplyPart
    paper: Paper


class Written(NamedTuple):
    """An answer as its reply's page shows it."""

    n: int
    touch: Touch
    words: str
    """empty: erased"""

    @property
    def came_to_nothing(self) -> bool:
        """It did not leave, and will not."""
        return self.touch.state in ("skipped", "failed", "expired")


def known(session: Session, key: str) -> bool:
    return session.scalars(select(Reply.id).where(Reply.key == key)).first() is not None


def waiting(scope: Scope) -> Sequence[Line]:
    """What waits for this person, the longest due first. Mail of nobody's is a supervisor's."""
    query = (
        select(Reply, Account, LogText.body)
        .outerjoin(Account, Account.id == Reply.account_id)
        .outerjoin(LogText, LogText.id == Reply.text_id)
        .where(WAITING)
        .order_by(Reply.received_at, Reply.id)
        .limit(MOST)
    )
    if not scope.sees_all:
        query = query.where(Reply.account_id.is_not(None), scope.accounts())
    return [Line(reply, account, words or "") for reply, account, words in scope.session.execute(query)]


def one(scope: Scope, reply_id: str) -> Line:
    """Raises NotFound for what is not theirs to see."""
    reply = scope.session.get(Reply, reply_id)
    if reply is None or (reply.account_id is None and not scope.sees_all):
        raise NotFound
    account = scope.account(reply.account_id) if reply.account_id else None
    body = scope.session.scalars(select(LogText.body).where(LogText.id == reply.text_id)).first()
    return Line(reply, account, body or "")


def parts(session: Session, reply_id: str) -> Sequence[Part]:
    query = select(ReplyPart, Paper).join(Paper, Paper.id == ReplyPart.paper_id)
    rows = session.execute(query.where(ReplyPart.reply_id == reply_id).order_by(ReplyPart.n))
    return [Part(*row) for row in rows]


def count(session: Session) -> int:
    """How many people have written, for a summary."""
    return session.execute(select(func.count()).select_from(Reply).where(Reply.kind == "reply")).scalar_one()


def end(session: Session, ids: Collection[str], *, by: str, how: str, now: datetime, on: date) -> None:
    """They are answered, whichever way: what we owed is done and its call is called off. Under the locks of
    their accounts."""
    mine = Reply.id.in_(list(ids))
    ended = {"ended_at": now, "ended_by": by, "ended_how": how}
    session.execute(update(Reply).where(mine, WAITING).values(ended))
    owed = select(Firing.id, func.coalesce(Account.parent_id, Account.id)).join(
        Account, Account.id == Firing.account_id
    )
    theirs = (Firing.step == REPLY_WAITING.name, Firing.subject.in_(list(ids)), Firing.state == "open")
    rows = [(id_, customer_id) for id_, customer_id in session.execute(owed.where(*theirs))]
    for customer_id in {customer_id for _, customer_id in rows}:
        done = [id_ for id_, customer in rows if customer == customer_id]
        touches.call_off(session, customer_id, done, how, now=now)
    firings.end_side(session, [id_ for id_, _ in rows], "call", "done", why=how, on=on)


def customers(session: Session) -> set[int]:
    """Those who wait for an answer: a reply of one account speaks for its whole family."""
    return set(session.scalars(_CUSTOMERS_WAITING))


_CUSTOMERS_WAITING = (
    select(func.coalesce(Account.parent_id, Account.id))
    .join(Reply, Reply.account_id == Account.id)
    .where(WAITING)
)


def of_accounts(session: Session, account_ids: Iterable[int], *, until: datetime) -> Sequence[str]:
    """The replies of these accounts that wait and came by then."""
    mine = Reply.account_id.in_(list(account_ids))
    return session.scalars(select(Reply.id).where(mine, WAITING, Reply.received_at <= until)).all()


def written(session: Session, reply_id: str) -> Written | None:
    """The last answer that somebody has written to it."""
    query = (
        select(ReplyAnswer.n, Touch, LogText.body)
        .join(Touch, Touch.id == ReplyAnswer.touch_id)
        .join(LogText, LogText.id == ReplyAnswer.text_id)
        .where(ReplyAnswer.reply_id == reply_id)
        .order_by(ReplyAnswer.n.desc())
        .limit(1)
    )
    found = session.execute(query).first()
    return Written(found[0], found[1], found[2] or "") if found else None


def answers_of(session: Session, touch_ids: Iterable[int]) -> Sequence[tuple[int, Reply, str | None]]:
    """Of each touch that asks for an answer: the reply, and the words; None: erased."""
    query = (
        select(ReplyAnswer.touch_id, Reply, LogText.body)
        .join(Reply, Reply.id == ReplyAnswer.reply_id)
        .join(LogText, LogText.id == ReplyAnswer.text_id)
        .where(ReplyAnswer.touch_id.in_(list(touch_ids)))
    )
    return [(touch_id, reply, words) for touch_id, reply, words in session.execute(query)]


def answered_by(session: Session, touch_ids: Iterable[int]) -> Sequence[str]:
    """The replies that the letters of these touches answer."""
    query = select(ReplyAnswer.reply_id).where(ReplyAnswer.touch_id.in_(list(touch_ids)))
    return session.scalars(query).all()


def answer_again(session: Session, touch_id: int, again_id: int) -> None:
    """Where a touch asks for an answer to a reply, another one asks for the same in its stead."""
    mine = select(ReplyAnswer).where(ReplyAnswer.touch_id == touch_id)
    for one in session.scalars(mine).all():
        more = ReplyAnswer(reply_id=one.reply_id, n=one.n + 1, touch_id=again_id, text_id=one.text_id)
        session.add(more)
