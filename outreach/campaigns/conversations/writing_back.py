"""An answer to a reply by mail, in a person's own words: one letter in their thread, through the gate.

It is a touch asked for by hand and leaves on the road of every letter; the reply is answered once a mail
provider has accepted it. It goes to a contact of the account and to nobody else: From can be forged.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from outreach.ledger import locks, log, reach, replies, touches
from outreach.ledger.commitments import CommitmentError
from outreach.ledger.firings import Firing
from outreach.ledger.log import Entry, LogEntry
from outreach.ledger.people import User
from outreach.ledger.policies import InForce
from outreach.ledger.reach import Way
from outreach.ledger.receivables import Account
from outreach.ledger.replies import Reply, ReplyAnswer
from outreach.ledger.touches import Touch
from outreach.rules.policy import Policy
from outreach.rules.steps import ANSWER, REPLY_WAITING, Channel

LONGEST = 20_000
"""characters"""
WRITTEN = "answer written"
"""what the log calls it; that it was sent is an entry of its own"""


def recipients(session: Session, reply: Reply, policy: Policy) -> Sequence[Way]:
    """Whom an answer may go to: contacts of the account or its parent with an address that may be written to,
    whoever wrote first. Empty: nobody."""
    if reply.kind != "reply" or reply.account_id is None:
        return ()
    account = session.get_one(Account, reply.account_id)
    ids = [id_ for id_ in (account.id, account.parent_id) if id_]
    found = reach.ways(session, ids, Channel.EMAIL, policy)
    usable = [way for id_ in ids for way in found.get(id_, ()) if way.is_usable]
    return sorted(usable, key=lambda way: way.contact_id != reply.contact_id)  # a stable sort


def write_back(
    session: Session,
    reply: Reply,
    words: str,
    contact_id: int | None,
    *,
    writer: User,
    in_force: InForce,
    now: datetime,
) -> None:
    """Let the answer be due at once, to this contact; None: whoever wrote. Raises CommitmentError."""
    words = words.replace("\r\n", "\n").strip()
    _check(words)
    customer_id = _lock(session, reply)
    before = replies.written(session, reply.id)
    if before and not before.came_to_nothing:
        raise CommitmentError(f"It has been answered by mail already, by {before.touch.asked_by}.")
    usable = recipients(session, reply, in_force.policy)
    to = next((way for way in usable if way.contact_id == (contact_id or reply.contact_id)), None)
    if to is None:
        raise CommitmentError("Choose a contact of theirs: nobody else may be written to.")
    touch = _touch(session, customer_id, to, writer, in_force, now)
    touches.carry(session, touch.id, session.scalars(_owed(reply)))
    text_id = _log(session, reply, words, by=writer.login, now=now)
    n = before.n + 1 if before else 1
    session.add(ReplyAnswer(reply_id=reply.id, n=n, touch_id=touch.id, text_id=text_id))


def _check(words: str) -> None:
    if not words:
        raise CommitmentError("Write the answer first.")
    if len(words) > LONGEST:
        raise CommitmentError(f"An answer holds at most {LONGEST:,} characters.")
    if any(ord(one) < 32 and one not in "\n\t" for one in words):
        raise CommitmentError("The answer holds control characters: type it anew.")
    if "suspen" in words.lower():  # product.md 5
        raise CommitmentError("No letter may speak of suspension without an approved case: leave it out.")


def _lock(session: Session, reply: Reply) -> int:
    """Returns the customer's id. Raises CommitmentError for what nobody would read an answer to."""
    if reply.kind != "reply":
        raise CommitmentError("A machine has written this: nobody there reads an answer.")
    if reply.account_id is None:
        raise CommitmentError("Say first whose reply it is.")
    account = session.get_one(Account, reply.account_id)
    locks.lock_accounts(session, [id_ for id_ in (account.id, account.parent_id) if id_])
    session.refresh(reply)
    return account.parent_id or account.id


def _touch(
    session: Session, customer_id: int, to: Way, writer: User, in_force: InForce, now: datetime
) -> Touch:
    """Due now, and signed by whoever wrote it."""
    day = in_force.policy.today(now)
    touch = Touch(
        account_id=customer_id,
        channel="email",
        day=day,
        n=touches.next_n(session, customer_id, "email", day),
        step=ANSWER.name,
        currency=in_force.policy.organization.currency,
        reasons=[f"an answer of {writer.login}"],
        rep_id=writer.id,
        contact_id=to.contact_id,
        destination_id=to.destination_id,
        not_before=now,
        asked_by=writer.login,
        policy_id=in_force.id,
        created_at=now,
    )
    session.add(touch)
    session.flush()
    return touch


def _owed(reply: Reply) -> Select[int]:
    return select(Firing.id).where(
        Firing.account_id == reply.account_id, Firing.step == REPLY_WAITING.name, Firing.subject == reply.id
    )


def _log(session: Session, reply: Reply, words: str, *, by: str, now: datetime) -> int:
    """Returns where its words lie."""
    entry = Entry(
        at=now,
        actor=by,
        what=WRITTEN,
        account_id=reply.account_id,
        channel="email",
        direction="out",
        step=ANSWER.name,
        about=reply.id,
        links={"reply": reply.id},
        text=words,
    )
    log.append(session, entry)
    mine = select(LogEntry.text_id).where(LogEntry.about == reply.id, LogEntry.what == WRITTEN)
    return session.scalars(mine.order_by(LogEntry.id.desc()).limit(1)).one() or 0
