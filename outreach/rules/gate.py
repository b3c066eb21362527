"""May we call, may we write: one gate (product.md 3).

Asked for each firing by its purpose: at plan time with `LASTING`, and with `ALL` rules inside the transaction
that commits an attempt. The answer is yes, defer or no, with the rule that says so and words for the rep.
"""

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from typing import NamedTuple

from outreach.rules import frequency as f
from outreach.rules import objections as o
from outreach.rules.policy import Policy
from outreach.rules.standing import YES, Answer, Case, Question, Standing
from outreach.rules.steps import Purpose

__all__ = ["ALL", "LASTING", "Answer", "Question", "Standing", "ask", "every"]

Objection = Callable[[Case], Answer | None]
Rules = Mapping[Purpose, tuple[Objection, ...]]


class _Row(NamedTuple):
    """Who objects, by purpose; None: that purpose is exempt."""

    dunning: Objection | None
    reminder: Objection | None
    statement: Objection | None
    service: Objection | None
    notice: Objection | None


def _all(objection: Objection) -> _Row:
    return _Row(objection, objection, objection, objection, objection)


# The rows in the order in which they decide: the house, the account, the number or address, how often, when.
# fmt: off
_LASTING = (
    _all(o.kill_switch),
    _all(o.paused),
    #    dunning          reminder             statement       service               notice
    _Row(o.barred,        o.barred,            o.barred,       o.barred_but_answers, o.barred),
    _Row(o.disputed,      o.disputed_reminder, None,           None,                 o.disputed),
    _Row(o.promised,      o.promised_pre_due,  None,           None,                 None),
    _Row(o.issue_open,    None,                None,           None,                 None),
    _Row(o.claimed,       o.claimed,           None,           None,                 o.claimed),
    _Row(o.nothing_asked, o.settled,           o.nothing_open, None,                 o.nothing_asked),
    _Row(o.reply_waiting, o.reply_waiting,     None,           None,                 None),
    _Row(o.stale,         o.stale_waits,       o.stale_waits,  None,                 o.stale_waits),
    _all(o.nowhere),
    _all(o.not_allowed),
    _all(o.bad),
    _all(o.opted_out),
    _all(o.suppressed),
    _all(o.no_zone),
    _all(o.no_rep),
    _Row(f.spoken,        None,                None,           f.spoken,             None),
    _Row(f.spoken_lately, None,                None,           None,                 None),
    _all(f.silence),
    _Row(f.minimum_gap,   None,                None,           None,                 None),
    _all(f.one_a_day),
)
_MOMENTARY = (
    _all(o.attempt),
    _all(f.reached_already),
    _all(f.rang_enough),
    _all(f.busy_enough),
    _all(f.rep_done),
    _all(f.outside_hours),
)
# fmt: on


def _columns(rows: tuple[_Row, ...]) -> Rules:
    columns = zip(Purpose, zip(*rows, strict=True), strict=True)
    return {purpose: tuple(cell for cell in column if cell) for purpose, column in columns}


LASTING = _columns(_LASTING)
"""what stands for the day: asked when a plan is made, with a moment of the touch's day as `now`"""
ALL = _columns(_LASTING + _MOMENTARY)
"""and what depends on the moment: asked when an attempt is committed"""

_FOR_LONG = datetime.max.replace(tzinfo=UTC)


def ask(question: Question, standing: Standing, now: datetime, policy: Policy, rules: Rules = ALL) -> Answer:
    """The deciding answer: the first no, else the defer that lasts longest, else yes."""
    deciding = YES
    for answer in _spoken(question, standing, now, policy, rules):
        if answer.answer == "no":
            return answer
        if deciding is YES or (answer.until or _FOR_LONG) > (deciding.until or _FOR_LONG):
            deciding = answer
    return deciding


def every(
    question: Question, standing: Standing, now: datetime, policy: Policy, rules: Rules = ALL
) -> list[Answer]:
    """Every rule that spoke, in the table's order; none: yes (for `outreach why`)."""
    return list(_spoken(question, standing, now, policy, rules))


def _spoken(
    question: Question, standing: Standing, now: datetime, policy: Policy, rules: Rules
) -> Iterator[Answer]:
    case = Case(question, standing, now, policy.today(now), policy)
    for objection in rules[question.purpose]:
        if answer := objection(case):
            yield answer
