"""What is reported of a case's notices: a delivery starts the clock, a bounce or a call alone does not.

Read from the letters' rows, whoever reported: a pass that is missed is made up by the next (product.md 5).
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from typing import Any

from sqlalchemy.orm import Session

from outreach.campaigns.suspension import operations, to_do
from outreach.campaigns.suspension.candidates import OURSELVES
from outreach.ledger import suspension_moves, suspensions
from outreach.ledger.notices_sent import Notice, notices
from outreach.ledger.policies import InForce
from outreach.ledger.suspension_moves import Evidence
from outreach.ledger.suspensions import SuspensionCase
from outreach.rules.policy import Policy
from outreach.rules.steps import SUSPENSION_1, SUSPENSION_2, SUSPENSION_FINAL
from outreach.rules.suspension import MOVES, Act, Event, Role, State
from outreach.rules.suspension_terms import days_from, last_day

DELIVERED: Mapping[str, Event] = MappingProxyType(
    {
        SUSPENSION_1.name: Event.DELIVERED,
        SUSPENSION_2.name: Event.LATER,
        SUSPENSION_FINAL.name: Event.WARNED,
    }
)
CAME_BACK: Mapping[str, Event] = MappingProxyType(
    {
        SUSPENSION_1.name: Event.BOUNCED,
        SUSPENSION_2.name: Event.LATER_BOUNCED,
        SUSPENSION_FINAL.name: Event.WARNING_BOUNCED,
    }
)
TITLES = MappingProxyType(
    {
        SUSPENSION_1.name: "notice",
        SUSPENSION_2.name: "second notice",
        SUSPENSION_FINAL.name: "final warning",
    }
)
UNDER_WAY = ("sending", "unknown", "unconfirmed", "accepted", "deferred")
POST_IT = "post it, and record that it was posted with `outreach suspension posted` or on the case's page"


def take_in(session: Session, cases: Sequence[SuspensionCase], in_force: InForce, now: datetime) -> None:
    """Take in what is known of the notices of these locked cases."""
    by_id = {case.id: case for case in cases}
    for notice in notices(session, {case.account_id for case in cases}):
        case = by_id.get(notice.case_id)
        if case is not None and State(case.state) in suspensions.TOLD:
            _hear(session, case, notice, in_force.policy, now)


def delivered_values(case: SuspensionCase, step: str, moment: datetime, policy: Policy) -> dict[str, Any]:
    """The days that follow from a notice that arrived, or was posted, at a moment."""
    on = policy.today(moment)
    if step == SUSPENSION_1.name:
        return days_from(on, policy)._asdict()
    if step == SUSPENSION_FINAL.name and case.deadline_on:
        return {"deadline_on": last_day(case.deadline_on, on, policy)}
    return {}


def _hear(session: Session, case: SuspensionCase, notice: Notice, policy: Policy, now: datetime) -> None:
    state = notice.letter_state
    if state == "delivered":
        reported = notice.reported_at or now
        values = delivered_values(case, notice.step, reported, policy)
        on = policy.today(reported)
        _move(session, case, DELIVERED[notice.step], notice, f"its letter was delivered on {on}", now, values)
    elif state in ("bounced", "dropped"):
        _came_back(session, case, notice, policy, now)
    elif state in UNDER_WAY:
        _wait(session, case, notice, policy, now)
    elif _only_called(notice, policy, now):
        words = f"The {TITLES[notice.step]} to {{account}} has not been delivered (a call is not enough)"
        _ask(session, case, notice, words, policy, now)


def _came_back(session: Session, case: SuspensionCase, notice: Notice, policy: Policy, now: datetime) -> None:
    what = CAME_BACK[notice.step]
    if suspensions.was_posted(session, case.id, notice.step):
        return  # a letter that came back proves nothing once the same notice was posted
    if State(case.state) is State.DUE:  # what it told them does not hold, so nothing may be done yet
        operations.call_off(session, case, "a notice came back", OURSELVES, now=now)
    none = dict.fromkeys(("day0", "second_on", "warning_on", "deadline_on"))
    values = none if what is Event.BOUNCED else {}
    if _move(session, case, what, notice, f"its letter {notice.letter_state}", now, values):
        words = f"The {TITLES[notice.step]} to {{account}} came back, and the clock does not run"
        words = words if what is Event.BOUNCED else f"The {TITLES[notice.step]} to {{account}} came back"
        _ask(session, case, notice, words, policy, now)


def _wait(session: Session, case: SuspensionCase, notice: Notice, policy: Policy, now: datetime) -> None:
    """A mail server that reports nothing starts no clock: after a business day a person must see to it."""
    before = policy.business_days.add_business_days(policy.today(now), -1)
    if notice.letter_day and notice.letter_day < before:
        words = f"Nobody has reported that the {TITLES[notice.step]} to {{account}} arrived"
        _ask(session, case, notice, words, policy, now)


def _only_called(notice: Notice, policy: Policy, now: datetime) -> bool:
    """They were called, or could not be, and no letter will follow any more."""
    if notice.email_side != "open":
        return True
    return notice.call_side == "done" and policy.today(now) > notice.touch_on


def _ask(
    session: Session, case: SuspensionCase, notice: Notice, words: str, policy: Policy, now: datetime
) -> None:
    due_on = policy.business_days.add_business_days(policy.today(now), 1)
    thing = f"undelivered {notice.step} {notice.letter_id or 'call'}"
    to_do.ask(session, case, thing, f"{words}: {POST_IT}", due_on, now=now, for_role="rep")


def _move(
    session: Session,
    case: SuspensionCase,
    what: Event,
    notice: Notice,
    reason: str,
    now: datetime,
    values: Mapping[str, Any],
) -> bool:
    """True if the letter has moved the case: a report moves it once, and only from where it may."""
    document = f"letter {notice.letter_id}"
    if State(case.state) not in MOVES[what].sources or suspensions.is_known(session, case.id, what, document):
        return False
    act = Act(OURSELVES, Role.OUTREACH, reason)
    evidence = Evidence(document, notice.paper_id, notice.step)
    suspension_moves.move(session, case, what, act, evidence, at=now, values=values)
    return True
