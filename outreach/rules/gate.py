"""May we call, may we write: one gate (product.md 3).

Asked for each firing by its purpose: at plan time with `LASTING`, and with `ALL` rules inside the transaction
that commits an attempt. The answer is yes, defer or no, with the rule that says so and words for the rep.
"""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import NamedTuple

from outreach.rules import frequency as f
from outreach.rules import objections as o
from outreach.rules.policy import Policy
from outreach.rules.standing import YES, Answer, Case, Question, Standing
from outreach.rules.steps import Channel, Purpose

__all__ = ["ALL", "LASTING", "Answer", "Question", "Standing", "ask", "every"]

Objection = Callable[[Case], Answer | None]
Rules = Mapping[tuple[Purpose, Channel], tuple[Objection, ...]]

_CALL, _EMAIL = (Channel.CALL,), (Channel.EMAIL,)


class _Row(NamedTuple):
    """Who objects: a cell for each purpose, None where that purpose is exempt."""

    cells: tuple[Objection | None, ...]
    on: tuple[Channel, ...]


def _row(*cells: Objection | None, on: tuple[Channel, ...] = tuple(Channel)) -> _Row:
    return _Row(cells, on)


def _all(objection: Objection, on: tuple[Channel, ...] = tuple(Channel)) -> _Row:
    return _Row((objection,) * len(Purpose), on)


# The rows in the order in which they decide: the house, the account, the number or address, how often, when.
# fmt: off
_LASTING = (
    _all(o.kill_switch),
    _all(o.paused),
    #    dunning          reminder             statement       service           notice
    _row(o.barred,        o.barred,            o.barred,       o.barred_unasked, o.barred),
    _row(o.disputed,      o.disputed_reminder, None,           None,             o.disputed),
    _row(o.promised,      o.promised_pre_due,  None,           None,             None),
    _row(None,            None,                None,           None,             o.promised, on=_CALL),
    _row(o.issue_open,    None,                None,           None,             None),
    _row(o.claimed,       o.claimed,           None,           None,             o.claimed),
    _row(o.nothing_asked, o.settled,           o.nothing_open, None,             o.nothing_asked),
    _row(o.reply_waiting, o.reply_waiting,     None,           None,             None, on=_EMAIL),
    _row(o.stale,         o.stale_waits,       o.stale_waits,  None,             o.stale_waits, on=_EMAIL),
    _row(None,            None,                o.untied,       None,             None, on=_EMAIL),
    _all(o.nowhere),
    _all(o.not_allowed),
    _all(o.bad),
    _all(o.opted_out),
    _all(o.suppressed),
    _all(o.no_zone, on=_CALL),
    _all(o.no_rep, on=_CALL),
    _row(f.spoken,        None,                None,           f.spoken,         None, on=_EMAIL),
    _row(f.spoken_lately, None,                None,           None,             None, on=_CALL),
    _all(f.silence, on=_CALL),
    _row(f.minimum_gap,   None,                None,           None,             None, on=_EMAIL),
    _all(f.one_a_day, on=_EMAIL),
)
_MOMENTARY = (
    _all(o.attempt),
    _all(f.reached_already, on=_CALL),
    _all(f.rang_enough, on=_CALL),
    _all(f.account_rang_enough, on=_CALL),
    _all(f.busy_enough, on=_CALL),
    _all(f.rep_done, on=_CALL),
    _all(f.call_hours, on=_CALL),
    _all(f.mail_hours, on=_EMAIL),
)
# fmt: on


def _columns(rows: tuple[_Row, ...]) -> Rules:
    """The table read down: for each purpose and channel who may object."""
    return {
        (purpose, channel): tuple(cell for row in rows if channel in row.on and (cell := row.cells[column]))
        for column, purpose in enumerate(Purpose)
        for channel in Channel
    }


LASTING = _columns(_LASTING)
"""what stands for the day: asked when a plan is made, with a moment of the touch's day as `now`"""
ALL = _columns(_LASTING + _MOMENTARY)
"""and what depends on the moment: asked when an attempt is committed"""

_FOR_LONG = datetime.max.replace(tzinfo=UTC)


def ask(question: Question, standing: Standing, now: datetime, policy: Policy, rules: Rules = ALL) -> Answer:
    """The deciding answer: the first no, else the defer that lasts longest, else yes."""
    case, deciding = Case(question, standing, now, policy.today(now), policy), YES
    for objection in rules[question.purpose, question.channel]:
        answer = objection(case)
        if answer is None:
            continue
        if answer.answer == "no":
            return answer
        if deciding is YES or (answer.until or _FOR_LONG) > (deciding.until or _FOR_LONG):
            deciding = answer
    return deciding


def every(
    question: Question, standing: Standing, now: datetime, policy: Policy, rules: Rules = ALL
) -> list[Answer]:
    """Every rule that spoke, in the table's order; none: yes (for `outreach why`)."""
    case = Case(question, standing, now, policy.today(now), policy)
    objections = rules[question.purpose, question.channel]
    return [answer for objection in objections if (answer := objection(case))]
