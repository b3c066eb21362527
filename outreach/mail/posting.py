"""The life of a letter: due touches become letters, each leaves once, and its answer is written down.

A batch has three moments. Drafted: facts read, words written, papers on disk; nothing is decided yet.
Committed: one short transaction makes the letters `sending`. Posted: outside any transaction one request
each, then all answers together. A worker that dies leaves letters `sending`; nobody sends those again (P1).
"""

import time
from collections import Counter
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from rq.timeouts import BaseTimeoutException

from outreach.ledger import letters, pace, policies, touches
from outreach.ledger.crash import crashpoint
from outreach.ledger.touches import Touch
from outreach.mail import answers, choosing
from outreach.mail.committing import Intents, commit
from outreach.mail.drafting import Draft, Ready, draft
from outreach.mail.mailer import Accepted, Answer, Mailer, Refused, Unknown
from outreach.mail.mailroom import Mailroom

BATCH = 20
"""letters committed together: more lengthen the transaction, fewer multiply it (design.md 4)"""
LANES = 8
"""requests under way at once"""
TIMES = 3
"""the same batch is drafted: what it says may have changed meanwhile, but not again and again"""
LONGEST = 20.0
"""seconds a drain works before it lets others"""

log = structlog.get_logger()


@dataclass(slots=True)
class Progress:
    """What one drain did."""

    sent: int = 0
    refused: int = 0
    unknown: int = 0
    held_back: int = 0
    """touches that no letter may leave for now, by a rule"""
    unwritable: int = 0
    more: bool = False
    """letters are due that this drain has not come to"""
    again_at: datetime | None = None
    """wall time before which the provider wants no more"""


def send_due(room: Mailroom, *, seconds: float = LONGEST, batch: int = BATCH) -> Progress:
    """Send what is due, batch by batch. Safe to run in any number of processes at once."""
    progress, stop, seen = Progress(), time.monotonic() + seconds, Counter[tuple[int, ...]]()
    with ThreadPoolExecutor(LANES) as lanes:
        while next_one := _next_batch(room, batch):
            seen[next_one.ids] += 1
            if seen[next_one.ids] > TIMES:  # the next sweep comes to them
                log.warning("letters are due of which nothing comes", touches=next_one.ids)
                break
            mailer, progress.again_at = _whose_turn(room)
            progress.more = time.monotonic() > stop
            if progress.again_at or progress.more:
                break
            crashpoint("letters.drafted")
            intents = commit(room, next_one.drafts, next_one.due, mailer)
            crashpoint("letters.committed")
            given = _post(room, mailer, intents, lanes)
            crashpoint("letters.posted")
            _write_down(room, mailer, given)
            crashpoint("letters.recorded")
            _count(progress, intents, given)
    return progress


@dataclass(frozen=True, slots=True)
class Batch:
    """Touches that are due, and the letters drafted for them."""

    due: Sequence[Touch]
    drafts: Sequence[Draft]

    @property
    def ids(self) -> tuple[int, ...]:
        return tuple(touch.id for touch in self.due)


def _whose_turn(room: Mailroom) -> tuple[Mailer, datetime | None]:
    """Who carries the next batch, and until when nobody will take it; None: now, or as good as now."""
    with room.ledger.reading() as session:
        return choosing.choose(session, room.mailers, room.clock.wall())


def _next_batch(room: Mailroom, limit: int = BATCH) -> Batch | None:
    now = room.clock.now()
    with room.ledger.reading() as session:
        due = touches.due_mail(session, now, limit=limit)
        if not due:
            return None
        return Batch(due, draft(room, session, due, now, policies.in_force(session).policy))


def _post(
    room: Mailroom, mailer: Mailer, intents: Intents, lanes: ThreadPoolExecutor
) -> Mapping[str, Answer]:
    """One request a letter, at the pace reserved. Whatever an adapter raises, the letter may have left."""
    slots = [intents.leaves_at + n * room.interval for n in range(len(intents.letters))]
    given = lanes.map(lambda ready, at: _post_one(room, mailer, ready, at), intents.letters, slots)
    return {ready.letter_id: answer for ready, answer in zip(intents.letters, given, strict=True)}


def _post_one(room: Mailroom, mailer: Mailer, ready: Ready, at: datetime) -> Answer:
    time.sleep(max(0.0, (at - room.clock.wall()).total_seconds()))
    try:
        return mailer.send(ready.written.message)
    except Exception as error:
        log.exception("a mailer raised", letter=ready.letter_id)
        return Unknown(f"our own fault: {type(error).__name__}")


def _write_down(room: Mailroom, mailer: Mailer, given: Mapping[str, Answer]) -> None:
    """All answers of a batch in one transaction."""
    if not given:
        return
    now, wall = room.clock.now(), room.clock.wall()
    with room.ledger.writing() as session:
        policy = policies.in_force(session).policy
        posted = letters.lock(session, given)
        taken = [letter for letter in posted if isinstance(given[letter.id], Accepted)]
        for letter in posted:
            match given[letter.id]:
                case Accepted(ref):
                    letter.provider_ref = ref
                case Unknown(why):
                    answers.doubt(letter, why)
                case Refused() as refused:
                    answers.refuse(session, letter, refused, policy, now=now)
                    if refused.everyone and refused.again_in:
                        pace.push_back(session, mailer.name, until=wall + refused.again_in, now=wall)
                    elif refused.everyone:
                        scope = choosing.scope_of_stop(session, mailer, room.mailers)
                        answers.stop_mail(session, scope, refused.why, policy, now=now)
        answers.accept(session, taken, now=now)


def settle_doubts(room: Mailroom) -> int:
    """Letters whose worker died become unknown; those unknown for long are shown to a person. Returns how
    many were moved. What goes wrong with one letter stops no other."""
    now, wall = room.clock.now(), room.clock.wall()
    with room.ledger.reading() as session:
        doubt = policies.in_force(session).policy.doubt
        orphans = letters.left_behind(session, wall - timedelta(seconds=doubt.letter_posted))
        unheard = letters.long_unknown(session, now - timedelta(seconds=doubt.letter_unconfirmed))
    moved = [_settle(room, letter_id, "sending", now) for letter_id in orphans]
    moved += [_settle(room, letter_id, "unknown", now) for letter_id in unheard]
    return sum(moved)


def _settle(room: Mailroom, letter_id: str, found: str, now: datetime) -> bool:
    """One letter, if it is still as it was found."""
    try:
        with room.ledger.writing() as session:
            (letter,) = letters.lock(session, [letter_id])
            if letter.state != found:
                return False
            if found == "sending":
                answers.doubt(letter, "its worker died before it wrote down the answer")
            else:
                answers.give_up(session, letter, now=now)
            return True
    except BaseTimeoutException:
        raise  # RQ ends the whole job
    except Exception:
        log.exception("a letter in doubt could not be settled", letter=letter_id)
        return False


def _count(progress: Progress, intents: Intents, given: Mapping[str, Answer]) -> None:
    answered = list(given.values())
    progress.sent += sum(isinstance(answer, Accepted) for answer in answered)
    progress.refused += sum(isinstance(answer, Refused) for answer in answered)
    progress.unknown += sum(isinstance(answer, Unknown) for answer in answered)
    progress.held_back += intents.held_back
    progress.unwritable += intents.unwritable
