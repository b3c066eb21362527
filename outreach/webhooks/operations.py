"""Operations at the door: the word that a service was suspended or reinstated, signed as our orders are."""

from datetime import datetime

from sqlalchemy.orm import Session

from outreach import news
from outreach.campaigns.suspension.operations import DONE, NotOrdered, acknowledge
from outreach.campaigns.suspension.standard_webhooks import ID, SIGNATURE, TIMESTAMP, is_signed
from outreach.ledger import suspensions
from outreach.ledger.inbox import Arrival, Event
from outreach.ledger.suspension_moves import Evidence
from outreach.office import DoorKeys
from outreach.rules.suspension import Act, NotAllowed, Role
from outreach.webhooks.post import Digested, Papers, Post, Provider, UnreadableError, table

NAME, ACKNOWLEDGE = "operations", "acknowledge"
STALE = 600
"""seconds after or before which a valid signature is kept, but not acted upon (interface.md)"""
LONGEST_ID, LONGEST_WORDS = 200, 500


def papers(post: Post, keys: DoorKeys, wall: datetime) -> Papers:
    """HMAC over id, timestamp and body; whatever is malformed is false."""
    id_, timestamp = post.headers.get(ID, ""), post.headers.get(TIMESTAMP, "")
    once = all(len(post.headers.getlist(name)) == 1 for name in (ID, TIMESTAMP, SIGNATURE))
    fits = timestamp.isascii() and timestamp.isdecimal() and len(timestamp) < 13
    if not keys.operations_secret or not once or not fits or not 0 < len(id_) <= LONGEST_ID:
        return Papers.FALSE
    given = int(timestamp)
    if not is_signed(keys.operations_secret, id_, given, post.body, post.headers[SIGNATURE]):
        return Papers.FALSE
    return Papers.STALE if abs(wall.timestamp() - given) > STALE else Papers.GOOD


def read(post: Post) -> list[Arrival]:
    """One acknowledgement. The signature does not cover the path, so the body must name the same case."""
    told = table(post.body)
    if told.get("done") not in (*DONE,):
        raise UnreadableError('it must be {"case": 12, "done": "suspended" or "reinstated"}')
    if str(told.get("case")) != post.about:
        raise UnreadableError("its path names another case than its body")
    return [Arrival(post.headers[ID], ACKNOWLEDGE, f"suspension:{post.about}", post.body)]


def digest(session: Session, event: Event, now: datetime, wall: datetime) -> Digested:
    """The case is what operations say, if it was ordered; said twice it is one."""
    told = table(event.body)
    cases = suspensions.lock(session, [int(str(told["case"]))])
    if not cases:
        return Digested("parked", why=f"there is no case {told['case']}")
    who, note = _words(told.get("by")) or "operations", _words(told.get("note")) or "acknowledged"
    act, evidence = Act(who, Role.OPERATIONS, note, attached=True), Evidence(f"acknowledgement {event.key}")
    try:
        is_new = acknowledge(session, cases[0], str(told["done"]), act, evidence, now=now)
    except (NotOrdered, NotAllowed) as why:
        return Digested("parked", (news.INBOX,), str(why))
    return Digested(changed=(news.INBOX,)) if is_new else Digested(why="that was known")


def _words(value: object) -> str:
    """What they say, as far as it can be shown."""
    text = value if isinstance(value, str) else ""
    return "".join(c for c in text if c.isprintable()).strip()[:LONGEST_WORDS]


PROVIDER = Provider(kinds=frozenset(), papers=papers, read=read, digest=digest)
