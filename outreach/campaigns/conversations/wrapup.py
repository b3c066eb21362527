"""A call saved by its rep, in one transaction: disposition, note, what they undertook, what comes next (P3).

The disposition is the rep's and no carrier overwrites it. It may be saved while the carrier still reports:
what the outcome leaves open the disposition decides, whichever comes first.
"""

from datetime import date

from outreach.campaigns.agreements import commitments
from outreach.campaigns.conversations import confirming, returning, undertakings
from outreach.campaigns.conversations.undertakings import Talk, WrapUp
from outreach.dialer import endings, ladder
from outreach.ledger import attempts, firings, log, policies, replies, root_causes, touches
from outreach.ledger.attempts import CallAttempt
from outreach.ledger.base import Ledger
from outreach.ledger.clock import Clock
from outreach.ledger.commitments import CommitmentError
from outreach.ledger.crash import crashpoint
from outreach.ledger.firings import Firing
from outreach.ledger.log import Entry
from outreach.ledger.touches import Touch
from outreach.rules import outcomes, retries, steps
from outreach.rules.outcomes import AS_OUTCOME, Disposition, Outcome

REPLY_WAITING = steps.REPLY_WAITING.name
ANSWERED = {REPLY_WAITING: "reply", steps.VOICEMAIL_RETURN.name: "voicemail"}
"""step of a call that answers something -> the log's link to what it answers"""
__all__ = ["WrapUp", "save"]


def save(ledger: Ledger, clock: Clock, attempt_id: str, wrap: WrapUp, *, by: str) -> None:
    """Save a call once. `by`: the login of who saves it. Raises CommitmentError; then nothing
    is saved."""
    with ledger.writing() as session:
        attempt = attempts.lock(session, attempt_id)
        if attempt is None or attempt.bridging_at is None:
            raise CommitmentError("There is no such call to save: no customer's phone rang.")
        if attempt.wrapped_at is not None:
            raise CommitmentError("This call has been saved already.")
        policy = policies.in_force(session).policy
        talk = Talk(session, attempt, wrap, by, clock.now(), policy)
        _note_cause(talk)
        follow_up_on = undertakings.write_down(talk)
        before, attempt.disposition, attempt.wrapped_at = attempt.outcome, wrap.disposition, talk.now
        _refine(attempt)
        _write_entry(talk, before, follow_up_on)
        _close(talk)
        _go_on(talk, before)
        _open_task(talk)
        if wrap.confirm:
            _confirm(talk)
        endings.note_reached(session, attempt)
        crashpoint("wrapup.saving")


def _refine(attempt: CallAttempt) -> None:
    """The rep was there: a machine may become a voicemail left, an unknown answer a conversation (P5)."""
    if attempt.outcome is not None:
        attempt.outcome = endings.as_said(Outcome(attempt.outcome), attempt.disposition)


def _write_entry(talk: Talk, before: str | None, follow_up_on: date | None) -> None:
    attempt, wrap = talk.attempt, talk.wrap
    entry = Entry(
        at=talk.now,
        actor=talk.by,
        what="call saved",
        account_id=attempt.account_id,
        invoices=[invoice.number for invoice in talk.invoices()],
        channel="call",
        direction="out",
        step=attempt.step,
        about=attempt.id,
        refines=endings.entry_of(talk.session, attempt) if before is not None else None,
        outcome=attempt.outcome if attempt.outcome != before else None,
        disposition=wrap.disposition,
        follow_up_on=follow_up_on,
        links=_links(talk),
        text=wrap.note or None,
    )
    log.append(talk.session, entry)


def _links(talk: Talk) -> dict[str, str]:
    links = {ANSWERED[one.step]: one.subject for one in _carried(talk) if one.step in ANSWERED}
    return links | ({"root_cause": talk.wrap.root_cause} if talk.wrap.root_cause else {})


def _note_cause(talk: Talk) -> None:
    """Why it is not paid, by the amounts as they stand before what the call undertakes."""
    if cause := talk.wrap.root_cause:
        about = talk.attempt.id
        invoices = talk.invoices()
        root_causes.note(talk.session, invoices, cause, source="call", about=about, by=talk.by, on=talk.today)


def _close(talk: Talk) -> None:
    """A closing disposition ends the call side of what the call was about, and what was planned for it."""
    closed = [firing for firing in _carried(talk) if _closes(talk, firing)]
    ids = [firing.id for firing in closed]
    if ids:
        why = talk.wrap.disposition
        answered = [one.subject for one in closed if one.step == REPLY_WAITING]
        touches.call_off(talk.session, talk.attempt.account_id, ids, why, now=talk.now)
        firings.end_side(talk.session, ids, "call", "done", why=why, on=talk.today)
        written = [one.id for one in closed if _had_all_letters(talk, one)]
        firings.end_side(talk.session, written, "email", "done", why=why, on=talk.today)
        replies.end(talk.session, answered, by=talk.by, how="call", now=talk.now, on=talk.today)
        returning.returned(talk.session, closed, why, by=talk.by, now=talk.now)


def _had_all_letters(talk: Talk, firing: Firing) -> bool:
    """Whether no letter is left to be sent for it: the second of a final check follows three calls only."""
    rang = firing.tries + (talk.attempt.outcome is None)  # this one rang, and has not been counted yet
    return firing.emails >= retries.letters(steps.step(firing.step), "done", rang, talk.policy)


def _closes(talk: Talk, firing: Firing) -> bool:
    """A receipt is confirmed for the final invoices that are ticked, all by default."""
    wrap = talk.wrap
    ticked = not wrap.invoice_ids or firing.invoice_id in wrap.invoice_ids
    confirming = wrap.disposition is Disposition.RECEIPT_CONFIRMED
    return outcomes.closes(wrap.disposition, steps.step(firing.step)) and (ticked or not confirming)


def _go_on(talk: Talk, before: str | None) -> None:
    """What closes nothing says what the call was: the ladder goes on from there, anew."""
    attempt = talk.attempt
    if before is None or talk.wrap.disposition not in AS_OUTCOME:
        return
    said = outcomes.effective(Outcome(str(attempt.outcome)), talk.wrap.disposition)
    if said != outcomes.effective(Outcome(before), None):
        ids = [firing.id for firing in _carried(talk)]
        touches.call_off(talk.session, attempt.account_id, ids, talk.wrap.disposition, now=talk.now)
        ladder.follow(talk.session, attempt, talk.policy, now=talk.now)


def _confirm(talk: Talk) -> None:
    """The letter the rep asked for, in the same transaction: a promise saved is a promise confirmed."""
    if talk.wrap.disposition in AS_OUTCOME:
        raise CommitmentError("There is nothing to confirm: nobody was spoken to.")
    called = talk.session.get_one(Touch, talk.attempt.touch_id)
    to = confirming.recipient(talk.session, called.account_id, talk.attempt.contact_id, talk.policy)
    if to is None:
        raise CommitmentError(
            "Nobody there has an address that may be written to: save it without the letter."
        )
    confirming.ask_for(talk.session, called, to, by=talk.by, day=talk.today, now=talk.now)


def _carried(talk: Talk) -> list[Firing]:
    touch = talk.session.get(Touch, talk.attempt.touch_id) if talk.attempt.touch_id else None
    return list(ladder.open_calls(talk.session, touch)) if touch else []


def _open_task(talk: Talk) -> None:
    """A callback is a call in the queue and no task: it must not vanish among others."""
    disposition = talk.wrap.disposition
    follow_up = outcomes.follow_up(disposition, talk.today, talk.policy, talk.wrap.day)
    if follow_up is None or disposition is Disposition.CALLBACK:
        return
    commitments.follow_up(talk.told, follow_up)
