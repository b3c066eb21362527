"""The intent: in one short transaction, under every lock, drafts become letters that will leave (P1, P2).

What is decided here is decided by what the database says now: the gate is asked again and the facts are read
again. A draft that is no longer true is dropped, and its touches stay open to be drafted anew.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from outreach.ledger import firings, letters, locks, pace, papers, plans, policies, touches
from outreach.ledger.among import among, ids_named
from outreach.ledger.letters import Letter, LetterFiring, LetterTouch
from outreach.ledger.touches import Touch
from outreach.mail import answers
from outreach.mail.drafting import Draft, Faulty, Ready
from outreach.mail.envelopes import envelopes
from outreach.mail.gathering import gather
from outreach.mail.mailer import Mailer
from outreach.mail.mailroom import Mailroom
from outreach.mail.permission import Permission, permissions
from outreach.rules.policy import Policy

MOST_FAULTS = 3
"""letters of a step that could not be written on a day, until the step's letters are stopped"""
IN_DOUBT = "letter in doubt"
FIRST_DAYS = "first week's limit"


@dataclass(frozen=True, slots=True)
class Intents:
    """What was committed: letters to post, when the first may leave (wall time), what came to nothing."""

    letters: Sequence[Ready]
    leaves_at: datetime
    held_back: int
    unwritable: int


@dataclass(frozen=True, slots=True)
class _Sitting:
    """One transaction and the moment it stands for."""

    session: Session
    mailer: Mailer
    policy_id: int
    policy: Policy
    now: datetime
    wall: datetime


def commit(
    room: Mailroom, drafts: Sequence[Draft], due: Sequence[Touch], mailer: Mailer | None = None
) -> Intents:
    """Turn what is still true and still permitted into letters `sending`; end or put off what is not.

    `mailer` will carry them; by default the room's first.
    """
    carrier = mailer or room.mailer
    with room.ledger.writing() as session:
        ruling = policies.in_force(session)
        sitting = _Sitting(session, carrier, ruling.id, ruling.policy, room.clock.now(), room.clock.wall())
        _lock(session, drafts, due)
        waiting = _still_open(session, due)
        may = permissions(session, waiting, sitting.now, sitting.policy)
        true = _still_true(sitting, drafts, waiting, may)
        leaves_at = pace.reserve(session, carrier.name, n=len(true), interval=room.interval, now=sitting.wall)
        going = _within_limits(sitting, [draft for draft in true if isinstance(draft, Ready)])
        unwritable = [draft for draft in true if isinstance(draft, Faulty)]
        held_back = _hold_back(sitting, waiting, may)
        _intend(sitting, going)
        _give_up(sitting, unwritable)
    return Intents(going, leaves_at, held_back, len(unwritable))


def _lock(session: Session, drafts: Sequence[Draft], due: Sequence[Touch]) -> None:
    accounts = {touch.account_id for touch in due}
    accounts |= {section.account_id for draft in drafts for section in draft.facts.sections}
    accounts |= {account for draft in drafts for account in draft.envelope.occasion.account_ids}
    locks.lock_accounts(session, accounts)
    locks.lock_destinations(session, {touch.destination_id for touch in due if touch.destination_id})


def _still_open(session: Session, due: Sequence[Touch]) -> Sequence[Touch]:
    return session.scalars(_STILL_OPEN, {"ids": [touch.id for touch in due]}).all()


_STILL_OPEN = (
    select(Touch)
    .where(among(Touch.__table__.c.id, ids_named("ids")), Touch.state == "open")
    .order_by(Touch.account_id, Touch.id)
)


def _still_true(
    sitting: _Sitting, drafts: Sequence[Draft], waiting: Sequence[Touch], may: Mapping[int, Permission]
) -> Sequence[Draft]:
    """The drafts that would be written in the very same words now."""
    now = envelopes(sitting.session, waiting, may)
    same = [d for d in drafts if (e := now.get(d.envelope.destination_id)) and e.is_same(d.envelope)]
    today = sitting.policy.today(sitting.now)
    stated = gather(sitting.session, [draft.envelope.occasion for draft in same], today)
    return [draft for draft, facts in zip(same, stated, strict=True) if draft.facts == facts]


def _within_limits(sitting: _Sitting, drafts: Sequence[Ready]) -> Sequence[Ready]:
    """Without those whose place another letter may hold (P1), and no more than the first week allows."""
    taken = letters.taken(sitting.session, [id for draft in drafts for id in draft.envelope.firing_ids])
    free = [d for d in drafts if not any((f.id, f.emails + 1) in taken for f in d.envelope.firings)]
    allowed = _allowance(sitting)
    _skip(sitting, [draft for draft in drafts if draft not in free], IN_DOUBT)
    _skip(sitting, free[allowed:] if allowed is not None else [], FIRST_DAYS)
    return free[:allowed]


def _allowance(sitting: _Sitting) -> int | None:
    """How many letters may still leave today; None: as many as there are (product.md 2, the first week)."""
    today = sitting.policy.today(sitting.now)
    began = plans.first_day(sitting.session, sitting.policy)
    if began is None or today >= began + plans.FIRST_WEEK:
        return None
    return max(0, sitting.policy.mail.first_week_per_day - letters.automatic_on(sitting.session, today))


def _skip(sitting: _Sitting, drafts: Sequence[Draft], rule: str) -> None:
    for draft in drafts:
        for firing_id in draft.envelope.firing_ids:
            firings.hold_email(sitting.session, firing_id, rule)
        touches.end(sitting.session, draft.envelope.touch_ids, "skipped", rule, now=sitting.now)


def _hold_back(sitting: _Sitting, waiting: Sequence[Touch], may: Mapping[int, Permission]) -> int:
    """A firing that may not be written about says which rule objects; a touch with nothing else is over, or
    waits. Returns how many those were."""
    silent = [touch for touch in waiting if not may[touch.id].may]
    for touch in waiting:
        for firing_id, answer in may[touch.id].against.items():
            firings.hold_email(sitting.session, firing_id, answer.rule)
    for touch in silent:
        _put_off(sitting, touch, may[touch.id])
    return len(silent)


def _put_off(sitting: _Sitting, touch: Touch, permission: Permission) -> None:
    """Within its day a rule may change its mind; after it the next plan makes a new touch."""
    again = permission.again_at(sitting.now)
    in_time = again and sitting.policy.today(again) <= touch.day
    if again and in_time and (touch.not_after is None or again < touch.not_after):
        touch.not_before = again
    else:
        rule = permission.deciding.rule
        touches.end(sitting.session, [touch.id], "skipped", rule, now=sitting.now)


def _intend(sitting: _Sitting, drafts: Sequence[Ready]) -> None:
    """The rows that make it an intent: touches started, letters `sending`, places taken."""
    if not drafts:
        return
    session = sitting.session
    kept = papers.record_many(session, [s for d in drafts for s in _sheets(d)], now=sitting.now)
    session.execute(insert(Letter), [_row(sitting, draft) | _sent(sitting, draft, kept) for draft in drafts])
    _tie(session, drafts, standing=True)
    claimed = [id for draft in drafts for id in draft.envelope.touch_ids]
    if touches.start_many(session, claimed) != len(claimed):
        raise RuntimeError("a touch was claimed without the lock of its account")


def _give_up(sitting: _Sitting, drafts: Sequence[Faulty]) -> None:
    """Letters that could not be written have failed for all to see; after a few their step is stopped."""
    for draft in drafts:
        why, step, session = draft.why, draft.facts.step, sitting.session
        over = {"state": "refused", "detail": why, "ended_at": sitting.now}
        session.execute(insert(Letter), [_row(sitting, draft) | over])
        _tie(session, [draft], standing=False)
        touches.end(session, draft.envelope.touch_ids, "failed", why, now=sitting.now)
        letter = session.get_one(Letter, draft.letter_id)
        answers.tell_refused(session, letter, why, sitting.policy, now=sitting.now, by=answers.OURSELVES)
        if letters.unwritable_on(session, letter.day, step) >= MOST_FAULTS:
            answers.stop_mail(session, f"step:{step}", why, sitting.policy, now=sitting.now)


def _row(sitting: _Sitting, draft: Draft) -> dict[str, object]:
    lead = draft.envelope.lead
    return {
        "id": draft.letter_id,
        "touch_id": lead.id,
        "account_id": lead.account_id,
        "covers": {str(s.account_id): [line.number for line in s.lines] for s in draft.facts.sections},
        "contact_id": lead.contact_id,
        "destination_id": draft.envelope.destination_id,
        "day": draft.facts.day,
        "step": draft.facts.step,
        "automatic": lead.asked_by is None,
        "actor": lead.asked_by or answers.OURSELVES,
        "provider": sitting.mailer.name,
        "created_at": sitting.now,
        "policy_id": sitting.policy_id,
    }


def _sent(sitting: _Sitting, draft: Ready, kept: Mapping[str, int]) -> dict[str, object]:
    written = draft.written
    return {
        "state": "sending",
        "subject": written.message.subject,
        "reply_to": written.message.reply_to.address,
        "template": written.template,
        "paper_id": kept[written.kept.digest],
        "attachment_id": kept[written.attached.digest] if written.attached else None,
        "sent_at": sitting.wall,
    }


def _tie(session: Session, drafts: Sequence[Draft], *, standing: bool) -> None:
    """A letter to the touches it carries and to the places of the firings it takes."""
    carried = [{"letter_id": d.letter_id, "touch_id": id} for d in drafts for id in d.envelope.touch_ids]
    places = [
        {"letter_id": draft.letter_id, "firing_id": f.id, "place": f.emails + 1, "standing": standing}
        for draft in drafts
        for f in draft.envelope.firings
    ]
    session.execute(insert(LetterTouch), carried)
    session.execute(insert(LetterFiring), places)


def _sheets(draft: Ready) -> Iterator[papers.Sheet]:
    yield draft.written.kept
    if draft.written.attached:
        yield draft.written.attached
