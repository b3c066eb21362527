"""The playbook's steps, one row each (product.md 2 and 3). Rows and files keep a step by its name."""

from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType


class Channel(StrEnum):
    CALL = "call"
    EMAIL = "email"


class Purpose(StrEnum):
    """What a contact is for: the gate's columns."""

    DUNNING = "dunning"
    REMINDER = "reminder"
    STATEMENT = "statement"
    SERVICE = "service"
    NOTICE = "suspension notice"


class Subject(StrEnum):
    """What a firing is about."""

    INVOICE = "invoice"
    ACCOUNT = "account"
    CASE = "case"
    COMMITMENT = "commitment"
    ASSIGNMENT = "assignment"
    ITEM = "item"


class Cycle(StrEnum):
    """What makes a firing of the same step and subject a new one."""

    DUE_DATE = "due date and reopen count"
    WEEK = "ISO week"
    MONTH = "month"
    ITEM = "item"
    ITEM_DUE = "item and due date"


@dataclass(frozen=True, slots=True)
class Step:
    """One row of the playbook. A side it does not name is never fired."""

    name: str
    purpose: Purpose
    subject: Subject
    cycle: Cycle
    call: bool
    email: bool
    tier: int | None
    """0 is called first; None: the step has no call"""
    letter: int | None
    """1 decides the letter before all others; None: no automatic letter"""
    rung: int = 0
    """place on an invoice's ladder, 1 the lowest; 0: not on it"""


_D, _R, _N, _SERVICE = Purpose.DUNNING, Purpose.REMINDER, Purpose.NOTICE, Purpose.SERVICE
_INVOICE, _ACCOUNT, _CASE, _ITEM = Subject.INVOICE, Subject.ACCOUNT, Subject.CASE, Subject.ITEM
_PROMISE, _DUE = Subject.COMMITMENT, Cycle.DUE_DATE

_ROWS = (
    # fmt: off
    #    name                         purpose            subject    cycle           call   email  tier  letter  rung
    Step("pre_due_7", _R, _INVOICE, _DUE, False, True, None, 14, 1),
    Step("pre_due_3", _R, _INVOICE, _DUE, False, True, None, 13, 2),
    Step("followup_5", _D, _INVOICE, _DUE, True, True, 7, 10, 3),
    Step("followup_15", _D, _INVOICE, _DUE, True, True, 6, 9, 4),
    Step("overdue_31", _D, _ACCOUNT, Cycle.WEEK, True, True, 4, 8, 5),
    Step("final_overdue", _D, _ACCOUNT, Cycle.WEEK, True, True, 2, 6),
    Step("aged_mrr", _D, _ACCOUNT, Cycle.WEEK, True, True, 3, 7),
    Step("statement", Purpose.STATEMENT, _ACCOUNT, Cycle.MONTH, False, True, None, 3),
    Step("final_check", _SERVICE, _INVOICE, Cycle.MONTH, True, True, 5, 4),
    Step("suspension_notice_1", _N, _CASE, Cycle.ITEM, True, True, 0, 2),
    Step("suspension_notice_2", _N, _CASE, Cycle.ITEM, True, True, 0, 1),
    Step("suspension_notice_final", _N, _CASE, Cycle.ITEM, True, True, 0, 0),
    Step("promise_check", _R, _PROMISE, Cycle.ITEM_DUE, False, True, None, 12),
    Step("broken_promise", _D, _PROMISE, Cycle.ITEM_DUE, True, True, 1, 5),
    Step("instalment_check", _R, _PROMISE, Cycle.ITEM_DUE, False, True, None, 11),
    Step("introduction", _SERVICE, Subject.ASSIGNMENT, Cycle.ITEM, True, True, 0, 15),
    Step("voicemail_return", _SERVICE, _ITEM, Cycle.ITEM, True, False, 0, None),
    Step("reply_waiting", _SERVICE, _ITEM, Cycle.ITEM, True, False, 0, None),
    Step("callback", _SERVICE, _ITEM, Cycle.ITEM, True, False, 0, None),
    # fmt: on
)

STEPS = MappingProxyType({row.name: row for row in _ROWS})
"""name -> row"""

PRE_DUE_7, PRE_DUE_3 = STEPS["pre_due_7"], STEPS["pre_due_3"]
FOLLOWUP_5, FOLLOWUP_15, OVERDUE_31 = STEPS["followup_5"], STEPS["followup_15"], STEPS["overdue_31"]
FINAL_OVERDUE, AGED_MRR = STEPS["final_overdue"], STEPS["aged_mrr"]
STATEMENT, FINAL_CHECK = STEPS["statement"], STEPS["final_check"]
BROKEN_PROMISE, PROMISE_CHECK = STEPS["broken_promise"], STEPS["promise_check"]
INSTALMENT_CHECK, INTRODUCTION = STEPS["instalment_check"], STEPS["introduction"]
VOICEMAIL_RETURN, REPLY_WAITING, CALLBACK = (
    STEPS["voicemail_return"],
    STEPS["reply_waiting"],
    STEPS["callback"],
)

LADDER = tuple(sorted((row for row in _ROWS if row.rung), key=lambda row: row.rung))
"""An invoice's ladder, lowest rung first; `overdue_31` is fired by its account."""


def step(name: str) -> Step:
    """The row of a step. Raises KeyError for a name that is not in the playbook."""
    return STEPS[name]
