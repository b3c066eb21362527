"""May this call be made: the gate, asked for each firing that a touch carries (product.md 3).

Asked inside the transaction that acts on the answer, under its locks (P2): at the click, at the claim, and
before the customer's phone rings.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from outreach.dialer import ladder
from outreach.ledger import standing, touches
from outreach.ledger.attempts import CallAttempt
from outreach.ledger.firings import Firing
from outreach.ledger.standing import Dial
from outreach.ledger.touches import Touch
from outreach.rules import gate, steps
from outreach.rules.policy import Policy
from outreach.rules.standing import YES, Answer, Question
from outreach.rules.steps import Channel

NOTHING_LEFT = Answer("no", "nothing asked", None, "Nothing is left to call about.")


@dataclass(frozen=True, slots=True)
class Permission:
    """Yes if one firing at least may be called about; else the answer of the highest."""

    answer: Answer
    refused: Sequence[tuple[Firing, Answer]] = ()
    """what the touch carries and may not: it is not called about"""


def ask(
    session: Session,
    touch: Touch,
    *,
    rep_id: int,
    policy: Policy,
    now: datetime,
    attempt_id: str | None = None,
) -> Permission:
    """Ask for every firing that is still open. `attempt_id`: the attempt that asks, not in its own way."""
    carried = sorted(ladder.open_calls(session, touch), key=lambda one: steps.step(one.step).tier or 0)
    if not carried:
        return Permission(NOTHING_LEFT)
    dial = Dial(touch.account_id, touch.contact_id, touch.destination_id, rep_id, carried)
    facts = standing.for_call(session, dial, now, policy, attempt_id=attempt_id)

    def refuse(some: Iterable[Firing], *, rides: bool) -> list[tuple[Firing, Answer]]:
        asked = ((one, Question.about(steps.step(one.step), Channel.CALL, rides=rides)) for one in some)
        answers = ((one, gate.ask(question, facts.of[one.id], now, policy)) for one, question in asked)
        return [(one, answer) for one, answer in answers if answer.answer != "yes"]

    refused = refuse(carried, rides=False)
    if len(refused) == len(carried):
        return Permission(refused[0][1], refused)
    return Permission(YES, refuse((one for one, _ in refused), rides=True))


def ask_again(session: Session, attempt: CallAttempt, policy: Policy, now: datetime) -> Permission:
    """The same question for a call that was let through before: what has come in between counts."""
    touch = session.get(Touch, attempt.touch_id) if attempt.touch_id is not None else None
    if touch is None:
        return Permission(NOTHING_LEFT)
    return ask(session, touch, rep_id=attempt.rep_id, policy=policy, now=now, attempt_id=attempt.id)


def put_down(session: Session, attempt: CallAttempt, permission: Permission) -> None:
    """The call carries only what may be called about; the rest stays open, with the rule that says why."""
    if attempt.touch_id is None:
        return
    for firing, answer in permission.refused:
        firing.call_rule = answer.rule
    touches.put_down(session, attempt.touch_id, [firing.id for firing, _ in permission.refused])
