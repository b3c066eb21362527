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


@dataclass(frozen=True, slots=True, eq=False)
class Step:
    """One row of the playbook, and the only one of its name. A side it does not name is never fired."""

    name: str
    purpose: Purpose
    subject: Subject
    cycle: Cycle
    call: bool
    email: bool
    tier: int | None
    """0 is called first; None: the step has no call"""
    letter: int | None
    """the lowest decides the letter; None: no automatic letter"""
    rung: int = 0
    """place on an invoice's ladder, 1 the lowest; 0: not on it"""


_DUNNING, _REMINDER, _STATEMENT, _SERVICE, _NOTICE = Purpose
_INVOICE, _ACCOUNT, _CASE, _COMMITMENT, _ASSIGNMENT, _ITEM = Subject
_DUE, _WEEK, _MONTH, _ID, _ID_DUE = Cycle

# fmt: off
_ROWS = (
    #    name                       purpose     subject      cycle    call   email  tier  letter rung
    Step("pre_due_7",               _REMINDER,  _INVOICE,    _DUE,    False, True,  None, 14,    1),
    Step("pre_due_3",               _REMINDER,  _INVOICE,    _DUE,    False, True,  None, 13,    2),
    Step("followup_5",              _DUNNING,   _INVOICE,    _DUE,    True,  True,  7,    10,    3),
    Step("followup_15",             _DUNNING,   _INVOICE,    _DUE,    True,  True,  6,    9,     4),
    Step("overdue_31",              _DUNNING,   _ACCOUNT,    _WEEK,   True,  True,  4,    8,     5),
    Step("final_overdue",           _DUNNING,   _ACCOUNT,    _WEEK,   True,  True,  2,    6),
    Step("aged_mrr",                _DUNNING,   _ACCOUNT,    _WEEK,   True,  True,  3,    7),
    Step("statement",               _STATEMENT, _ACCOUNT,    _MONTH,  False, True,  None, 3),
    Step("final_check",             _SERVICE,   _INVOICE,    _MONTH,  True,  True,  5,    4),
    Step("suspension_notice_1",     _NOTICE,    _CASE,       _ID,     True,  True,  0,    2),
    Step("suspension_notice_2",     _NOTICE,    _CASE,       _ID,     True,  True,  0,    1),
    Step("suspension_notice_final", _NOTICE,    _CASE,       _ID,     True,  True,  0,    0),
    Step("promise_check",           _REMINDER,  _COMMITMENT, _ID_DUE, False, True,  None, 12),
    Step("broken_promise",          _DUNNING,   _COMMITMENT, _ID_DUE, True,  True,  1,    5),
    Step("instalment_check",        _REMINDER,  _COMMITMENT, _ID_DUE, False, True,  None, 11),
    Step("introduction",            _SERVICE,   _ASSIGNMENT, _ID,     True,  True,  0,    15),
    Step("voicemail_return",        _SERVICE,   _ITEM,       _ID,     True,  False, 0,    None),
    Step("reply_waiting",           _SERVICE,   _ITEM,       _ID,     True,  False, 0,    None),
    Step("callback",                _SERVICE,   _ITEM,       _ID,     True,  False, 0,    None),
    Step("confirmation",            _SERVICE,   _ITEM,       _ID,     False, True,  None, 16),
    Step("answer",                  _SERVICE,   _ITEM,       _ID,     False, True,  None, 17),
)
# fmt: on

STEPS = MappingProxyType({row.name: row for row in _ROWS})
"""name -> row"""

PRE_DUE_7, PRE_DUE_3 = STEPS["pre_due_7"], STEPS["pre_due_3"]
FOLLOWUP_5, FOLLOWUP_15, OVERDUE_31 = STEPS["followup_5"], STEPS["followup_15"], STEPS["overdue_31"]
FINAL_OVERDUE, AGED_MRR = STEPS["final_overdue"], STEPS["aged_mrr"]
STATEMENT, FINAL_CHECK = STEPS["statement"], STEPS["final_check"]
BROKEN_PROMISE, PROMISE_CHECK = STEPS["broken_promise"], STEPS["promise_check"]
INSTALMENT_CHECK, INTRODUCTION = STEPS["instalment_check"], STEPS["introduction"]
CONFIRMATION = STEPS["confirmation"]
"""the letter a rep sends after a conversation: asked for by hand, never fired"""
ANSWER = STEPS["answer"]
"""what a person writes back to a reply: likewise"""
SUSPENSION_1, SUSPENSION_2, SUSPENSION_FINAL = (
    STEPS["suspension_notice_1"],
    STEPS["suspension_notice_2"],
    STEPS["suspension_notice_final"],
)
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
