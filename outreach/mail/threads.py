"""Where an answer stands: below the mail it answers, in the thread mail programs show (RFC 5322 3.6.4)."""

import re
from collections.abc import Mapping, Sequence

from sqlalchemy.orm import Session

from outreach.ledger import replies
from outreach.mail.facts import Answered
from outreach.mail.incoming import Incoming

MOST_IDS, LONGEST = 10, 900
"""of References, and its characters: a line of mail holds 998"""
LONGEST_SUBJECT = 200
_AGAIN = re.compile(r"^(?:\s*(?:re|aw|sv|antw|rif|r)\s*(?:\[\d+\])?\s*:\s*)+", re.IGNORECASE)
_PLAIN = re.compile(r"[\x21-\x7e]{3,250}")


def thread_of(mail: Incoming) -> list[str]:
    """The ids that an answer to this mail refers to, oldest first and its own last.

    They were written by a stranger: what is no plain id is left out, and of many the nearest are kept. Empty:
    the mail has no id, and nothing can stand below it.
    """
    if not _PLAIN.fullmatch(mail.message_id):
        return []
    found, length = [mail.message_id], len(mail.message_id)
    for one in mail.refs:
        length += len(one) + 3
        if len(found) == MOST_IDS or length > LONGEST:
            break
        if _PLAIN.fullmatch(one) and one not in found:
            found.append(one)
    return found[::-1]


def headers(thread: Sequence[str]) -> Mapping[str, str]:
    """What makes a mail program show it below theirs."""
    if not thread:
        return {}
    return {"In-Reply-To": f"<{thread[-1]}>", "References": " ".join(f"<{one}>" for one in thread)}


def subject_of(subject: str) -> str:
    """`Re: ` once, whatever stood before it."""
    return f"Re: {_AGAIN.sub('', subject).strip()[:LONGEST_SUBJECT] or 'your message'}"


def answered(session: Session, touch_ids: Sequence[int]) -> Mapping[int, Answered]:
    """The answers that these touches ask for; none where the words have been erased."""
    found = replies.answers_of(session, touch_ids) if touch_ids else ()
    return {
        touch_id: Answered(subject_of(reply.subject), words, tuple(reply.thread or ()))
        for touch_id, reply, words in found
        if words
    }
