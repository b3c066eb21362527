"""Does everything add up? What we wrote down, held against what the carriers say truly happened (P1, P3, P4).

The demo ends with this proof and the fault run is judged by it, so it trusts nothing of ours but the rows:
the other side of every comparison is the carrier's own list.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import and_, exists, func, or_, select
from sqlalchemy.orm import Session

from outreach.ledger.attempts import CallAttempt
from outreach.ledger.firings import Firing
from outreach.ledger.letters import Letter, LetterFiring
from outreach.ledger.log import LogEntry
from outreach.ledger.touches import Touch, TouchFiring
from outreach.ledger.verification import verify
from outreach.ledger.voicemails import Voicemail
from outreach.rules.steps import VOICEMAIL_RETURN

CUSTOMER_FIRST = "outbound-contact"
"""a call without a leg of the rep's"""
NEVER_LEFT = ("requested", "refused", "not_placed")
IN_DOUBT = ("sending", "unknown", "unconfirmed")
UNENDED = ("open", "held", "started")


@dataclass(frozen=True, slots=True)
class Happened:
    """The carriers' own list: how often each attempt was placed, and rang the customer; each letter left."""

    placed: Mapping[str, int]
    customer_rings: Mapping[str, int]
    letters: Mapping[str, int]
    left: frozenset[str] = frozenset()
    """the recordings of callers who said something"""


def happened(truth: Mapping[str, Any]) -> Happened:
    """Read the sandbox's list (`GET /sandbox/truth`)."""
    first_legs = [call for call in truth["calls"] if not call["parent_sid"]]
    # On a call that came in the second leg is the rep's, and no attempt of ours.
    parents = {call["sid"]: call["attempt"] for call in first_legs if call["direction"] != "inbound"}
    customers = [parents[call["parent_sid"]] for call in truth["calls"] if call["parent_sid"] in parents]
    customers += [call["attempt"] for call in first_legs if call["direction"] == CUSTOMER_FIRST]
    return Happened(
        placed=Counter(attempt or "" for attempt in parents.values()),
        customer_rings=Counter(attempt or "" for attempt in customers),
        letters=Counter(letter["mid"] or "" for letter in truth["letters"]),
        left=frozenset(one["sid"] for one in truth["recordings"] if one["says"]),
    )


def violations(session: Session, truth: Happened, *, until: date) -> list[str]:
    """Every promise that is broken, one sentence each; [] is the proof. Touches are judged up to `until`."""
    checks: Iterable[Iterator[str]] = (
        twice(truth),
        _calls_disagree(session, truth),
        _letters_disagree(session, truth),
        _places_taken_twice(session, truth),
        _log_entries(session),
        _voicemails(session, truth),
        _unended_touches(session, until),
        _silent_firings(session),
        (f"the log is broken: {fault.stream} {fault.sequence}: {fault.why}" for fault in verify(session)),
    )
    return [sentence for check in checks for sentence in check]


def twice(truth: Happened) -> Iterator[str]:
    """What happened more than once by the carriers' own list, whoever sent it (P1)."""
    counted = (
        (truth.placed, "call {} was placed {} times"),
        (truth.customer_rings, "call {} rang the customer {} times"),
        (truth.letters, "letter {} was taken {} times"),
    )
    for rings, words in counted:
        yield from (words.format(one or "of nobody", times) for one, times in rings.items() if times > 1)


def _calls_disagree(session: Session, truth: Happened) -> Iterator[str]:
    states = {row.id: row.state for row in session.execute(select(CallAttempt.id, CallAttempt.state))}
    bridged = set(session.scalars(select(CallAttempt.id).where(CallAttempt.bridging_at.is_not(None))))
    yield from _disagree("call", states, truth.placed)
    for attempt in truth.customer_rings.keys() - bridged:
        yield f"call {attempt}: the customer rang and we never let it through"


def _letters_disagree(session: Session, truth: Happened) -> Iterator[str]:
    states = {row.id: row.state for row in session.execute(select(Letter.id, Letter.state))}
    yield from _disagree("letter", states, truth.letters)


def _disagree(what: str, states: Mapping[str, str], left: Mapping[str, int]) -> Iterator[str]:
    for one in left.keys() - states.keys():
        yield f"{what} {one}: the carrier has it and we do not"
    for one, state in states.items():
        if state in NEVER_LEFT and one in left:
            yield f"{what} {one}: we say {state} and the carrier has it"
        if state not in NEVER_LEFT + IN_DOUBT and one not in left:
            yield f"{what} {one}: we say {state} and the carrier knows nothing of it"


def _places_taken_twice(session: Session, truth: Happened) -> Iterator[str]:
    taken: Counter[tuple[int, int]] = Counter()
    for row in session.execute(select(LetterFiring.letter_id, LetterFiring.firing_id, LetterFiring.place)):
        if row.letter_id in truth.letters:
            taken[(row.firing_id, row.place)] += 1
    for (firing, place), times in taken.items():
        if times > 1:
            yield f"firing {firing}, place {place}: {times} letters left for it"


def _log_entries(session: Session) -> Iterator[str]:
    first = and_(LogEntry.about.is_not(None), LogEntry.outcome.is_not(None), LogEntry.refines.is_(None))
    logged = dict(
        session.execute(select(LogEntry.about, func.count()).where(first).group_by(LogEntry.about)).all()
    )
    ended = session.scalars(select(CallAttempt.id).where(CallAttempt.state == "ended"))
    accepted = session.scalars(select(Letter.id).where(Letter.accepted_at.is_not(None)))
    for what, ids in (("call", ended), ("letter", accepted)):
        for one in ids:
            if logged.get(one, 0) != 1:
                yield f"{what} {one} has {logged.get(one, 0)} entries in the log, not one"


def _voicemails(session: Session, truth: Happened) -> Iterator[str]:
    """What was left is here once, and of a known caller in the log once and owed once."""
    known = {one.ref: one for one in session.scalars(select(Voicemail).where(Voicemail.state != "empty"))}
    for ref in truth.left ^ known.keys():
        yield f"voicemail {ref}: " + ("the carrier knows" if ref in known else "we know") + " nothing of it"
    first = and_(LogEntry.what == "voicemail received", LogEntry.refines.is_(None))
    logged = Counter(session.scalars(select(LogEntry.about).where(first)))
    owed = Counter(session.scalars(select(Firing.subject).where(Firing.step == VOICEMAIL_RETURN.name)))
    for one in known.values():
        wanted = 1 if one.account_id else 0
        if (logged[one.id], owed[one.id]) != (wanted, wanted):
            yield f"voicemail {one.ref}: {logged[one.id]} entries and {owed[one.id]} firings, not {wanted}"


def _unended_touches(session: Session, until: date) -> Iterator[str]:
    left = select(Touch.id, Touch.channel, Touch.state).where(Touch.day <= until, Touch.state.in_(UNENDED))
    for touch in session.execute(left.order_by(Touch.id)):
        yield f"touch {touch.id} ({touch.channel}) is still {touch.state}"


def _silent_firings(session: Session) -> Iterator[str]:
    """An open side had a touch, or has a rule that says why not: else it was dropped."""

    def waiting(channel: str) -> Any:
        carried = select(TouchFiring.firing_id).join(Touch, Touch.id == TouchFiring.touch_id)
        carried = carried.where(TouchFiring.firing_id == Firing.id, Touch.channel == channel)
        return exists(
            carried.where(Touch.state.in_((*UNENDED, "expired", "done", "failed", "skipped", "unconfirmed")))
        )

    silent = or_(
        and_(Firing.call_side == "open", Firing.call_rule.is_(None), ~waiting("call")),
        and_(Firing.email_side == "open", Firing.email_rule.is_(None), ~waiting("email")),
    )
    for firing in session.execute(select(Firing.id, Firing.step).where(Firing.state == "open", silent)):
        yield f"firing {firing.id} ({firing.step}) is open and nothing says why"
