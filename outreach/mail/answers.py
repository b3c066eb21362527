"""What a provider's answer makes of a letter: its state, its touches and firings, its place in the log.

The caller holds the locks (`letters.lock`). Everything here happens once however often it is called, because
an answer may be written after the first report has already told the same.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from outreach.ledger import destinations, firings, letters, policies, replies, stops, tasks, touches
from outreach.ledger.destinations import Destination
from outreach.ledger.firings import Firing
from outreach.ledger.letters import Letter
from outreach.ledger.log import Entry, LogEntry, append_many
from outreach.ledger.receivables import Account
from outreach.ledger.touches import Touch
from outreach.mail.mailer import Refused
from outreach.rules import retries, steps
from outreach.rules.policy import Policy

DUNNING = [step.name for step in steps.STEPS.values() if step.purpose is steps.Purpose.DUNNING]

OURSELVES = "outreach"
SENT, REFUSED, UNCONFIRMED = "letter sent", "letter refused", "letter unconfirmed"
RIGHT_CONTACT = "right contact"
"""kind of the task to find whom to write to instead; its key names the address: one task each"""


def accept(session: Session, accepted: Sequence[Letter], *, now: datetime) -> None:
    """The provider took these over. Their touches are done and the email side of their firings is ended."""
    fresh = [letter for letter in accepted if letter.accepted_at is None]
    if not fresh:
        return
    _count_as_sent(session, [letter for letter in fresh if letter.state != "unconfirmed"], SENT)
    _finish(session, letters.touches_of(session, [letter.id for letter in fresh]), now)
    for letter in fresh:
        letters.move(letter, "accepted")
        letter.accepted_at = now
    log(session, fresh, SENT, outcome="accepted", now=now)


def refuse(session: Session, letter: Letter, refused: Refused, policy: Policy, *, now: datetime) -> None:
    """It is proved that nothing was sent. Tried again where that is any use, else failed for all to see."""
    if not letters.move(letter, "refused"):
        return
    letter.detail, letter.ended_at = refused.why, now
    letters.give_places_back(session, letter.id)
    carried = letters.touches_of(session, [letter.id])
    if refused.again_in is not None or refused.everyone:
        wait = (
            timedelta() if refused.everyone else refused.again_in or timedelta()
        )  # pace or a stop holds all
        for touch_id in carried:
            touches.reopen(session, touch_id, not_before=now + wait, tried=True)
        return
    touches.end(session, carried, "failed", refused.why, now=now)
    if refused.nobody:
        _nobody_there(session, letter, refused.why, policy, now)
    else:
        tell_refused(session, letter, refused.why, policy, now=now)


def _nobody_there(session: Session, letter: Letter, why: str, policy: Policy, now: datetime) -> None:
    """The next plan writes to the next contact; a person finds the right one (product.md 4)."""
    address = session.get_one(Destination, letter.destination_id)
    destinations.mark_bad(address, why, now=now)
    log(session, [letter], REFUSED, outcome="refused", now=now, text=why)
    title = f"Find the right contact: {address.address} does not exist ({why})"
    find_right_contact(session, letter, title, policy, now=now)


def tell_refused(
    session: Session, letter: Letter, why: str, policy: Policy, *, now: datetime, by: str | None = None
) -> None:
    """Visible where people look: in the log of each account, and as a task. `by` default: the provider."""
    log(session, [letter], REFUSED, outcome="refused", now=now, text=why, actor=by)
    ask_a_person(session, letter, REFUSED, f"The letter was not sent: {why}", policy, now=now)


def doubt(letter: Letter, why: str) -> None:
    """It may have left. Nobody sends it again: a report settles it, or a person."""
    if letters.move(letter, "unknown"):
        letter.detail = why


def give_up(session: Session, letter: Letter, *, now: datetime) -> None:
    """No report came. It counts as sent, and is shown to a person with one "send again"."""
    if not letters.move(letter, "unconfirmed"):
        return
    touches.end(session, letters.touches_of(session, [letter.id]), "unconfirmed", UNCONFIRMED, now=now)
    _count_as_sent(session, [letter], UNCONFIRMED)
    log(session, [letter], UNCONFIRMED, outcome="unconfirmed", now=now)


def stop_mail(session: Session, scope: str, why: str, policy: Policy, *, now: datetime) -> None:
    """No letter of this scope leaves until a person has mended the fault and lifted the stop."""
    stops.stop(session, scope, why, by=OURSELVES, now=now)
    tasks.open_task(
        session,
        key=f"mail stopped:{scope}",
        kind="mail stopped",
        title=f"Letters are stopped ({scope}): {why}",
        due_on=policy.today(now),
        now=now,
        for_role="admin",
    )


def ask_a_person(
    session: Session, letter: Letter, kind: str, title: str, policy: Policy, *, now: datetime
) -> None:
    """A task for the account's rep, due the next business day; one at a time for an account, address and
    kind."""
    key = f"{kind}:{letter.account_id}:{letter.destination_id}"
    _ask(session, letter, key, kind, title, policy, now)


def find_right_contact(
    session: Session, letter: Letter, title: str, policy: Policy, *, now: datetime
) -> None:
    """The task that a bad or suppressed address makes: one, whatever is said against it and however often."""
    _ask(session, letter, f"{RIGHT_CONTACT}:{letter.destination_id}", RIGHT_CONTACT, title, policy, now)


def _ask(
    session: Session, letter: Letter, key: str, kind: str, title: str, policy: Policy, now: datetime
) -> None:
    tasks.open_task(
        session,
        key=key,
        kind=kind,
        title=title,
        due_on=policy.business_days.add_business_days(policy.today(now), 1),
        now=now,
        account_id=letter.account_id,
        owner_id=session.scalars(select(Account.rep_id).where(Account.id == letter.account_id)).one(),
    )


def log(
    session: Session,
    about: Sequence[Letter],
    what: str,
    *,
    outcome: str,
    now: datetime,
    text: str | None = None,
    actor: str | None = None,
) -> None:
    """An entry in the stream of each account a letter speaks of; it names the letter's first entry there."""
    first = _first_entries(session, [letter.id for letter in about])
    entries = [
        Entry(
            at=now,
            actor=actor or (letter.actor if what == SENT else letter.provider),
            what=what,
            account_id=int(account),
            invoices=numbers,
            channel="email",
            direction="out",
            step=letter.step,
            about=letter.id,
            refines=first.get((letter.id, int(account))),
            outcome=outcome,
            links={"letter": letter.id},
            text=text or letter.subject,
        )
        for letter in about
        for account, numbers in letter.covers.items()
    ]
    append_many(session, entries)


def _first_entries(session: Session, letter_ids: Sequence[str]) -> dict[tuple[str, int | None], int]:
    query = select(LogEntry.about, LogEntry.account_id, LogEntry.sequence)
    query = query.where(LogEntry.about.in_(letter_ids), LogEntry.refines.is_(None))
    return {(str(about), account): sequence for about, account, sequence in session.execute(query)}


def _finish(session: Session, touch_ids: Sequence[int], now: datetime) -> None:
    """Done, also where the letter had been given up as unconfirmed."""
    touches.end(session, touch_ids, "done", SENT, now=now)
    confirmed = update(Touch).where(Touch.id.in_(touch_ids), Touch.state == "unconfirmed")
    session.execute(confirmed.values(state="done", reason=SENT))


def _count_as_sent(session: Session, sent: Sequence[Letter], why: str) -> None:
    """Each takes its place of its firings for good, and the address's 3-day gap counts from it."""
    carried = letters.firings_of(session, [letter.id for letter in sent])
    firings.count_letter(session, carried)
    query = select(Firing).where(Firing.id.in_(carried)).execution_options(populate_existing=True)
    policy = policies.in_force(session).policy
    ended = [firing.id for firing in session.scalars(query) if _had_all(firing, policy)]
    ended += letters.firings_of(session, [one.id for one in sent if one.step == steps.CONFIRMATION.name])
    if ended:
        firings.end_side(session, ended, "email", "done", why=why, on=sent[0].day)
    _answer(session, sent)
    spacing = _beginning_gap(session, sent)
    for day in {letter.day for letter in spacing}:
        ids = [letter.destination_id for letter in spacing if letter.day == day]
        session.execute(update(Destination).where(Destination.id.in_(ids)).values(mailed_on=day))


def _had_all(firing: Firing, policy: Policy) -> bool:
    """No letter is left to be sent for it."""
    step = steps.step(firing.step)
    return firing.emails >= retries.letters(step, firing.call_side, firing.tries, policy)


def _answer(session: Session, sent: Sequence[Letter]) -> None:
    """What a person writes to them after a call answers the replies that had come by then; an answer its own
    one."""
    for letter in sent:
        if letter.step == steps.CONFIRMATION.name:
            waiting = replies.of_accounts(session, map(int, letter.covers), until=letter.created_at)
        elif letter.step == steps.ANSWER.name:
            waiting = replies.answered_by(session, letters.touches_of(session, [letter.id]))
        else:
            continue
        if waiting:
            now, on = letter.created_at, letter.day
            replies.end(session, waiting, by=letter.actor, how="letter", now=now, on=on)


def _beginning_gap(session: Session, sent: Sequence[Letter]) -> list[Letter]:
    """Those that dun, whatever else they say, and whatever a person sends (product.md 2, contact law)."""
    dunning = letters.carrying(session, [letter.id for letter in sent], DUNNING)
    return [letter for letter in sent if not letter.automatic or letter.id in dunning]
