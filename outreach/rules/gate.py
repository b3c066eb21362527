"""May we call, may we write: one gate (product.md 3).

Asked for each firing by its purpose, at plan time with `LASTING` and inside the transaction that commits an attempt
with all rules. It answers yes, defer or no, with the rule that says so and words a rep understands.
"""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Literal, NamedTuple

from outreach.rules.commitments import Cover
from outreach.rules.hours import Duty
from outreach.rules.policy import Policy
from outreach.rules.steps import Channel, Purpose, Step
from outreach.rules.zones import Place


class Answer(NamedTuple):
    """`until`: when to ask again; None with a defer: when the ledger or a person has changed something."""

    answer: Literal["yes", "defer", "no"]
    rule: str
    until: datetime | None
    words: str


YES = Answer("yes", "", None, "")


class Question(NamedTuple):
    """What would be done. `step` is empty for a copy or an answer a person sends outside the playbook."""

    purpose: Purpose
    channel: Channel
    step: str = ""
    by_hand: bool = False
    """a person writes it; calls always are by a person"""


class Standing(NamedTuple):
    """Every fact the gate weighs for one firing on one channel, read at one moment (ledger.standing)."""

    # the house
    kill_switch: bool = False
    paused: str = ""
    """why this campaign, step or channel is paused"""
    ledger_as_of: date | None = None
    # the account
    barred: Literal["", "legal hold", "insolvency", "outside agency"] = ""
    cover: Cover = Cover.ASKED
    """the subject's if something covers it, else its account's"""
    covered_until: date | None = None
    """the last day of what covers it, where it has one"""
    total_open: int = 0
    reply_waiting: bool = False
    # the number or address
    destination: str = ""
    """E.164 or the normalized address; empty: there is none"""
    not_allowed: str = ""
    """numbers.number_problem"""
    opted_out: bool = False
    """the contact's do-not-call or do-not-mail, by channel"""
    suppressed: str = ""
    bad: str = ""
    attempt: Literal["", "live", "in doubt"] = ""
    """at this destination"""
    place: Place = Place()
    # how often, on the organization's dates
    rang: tuple[date, ...] = ()
    """at this number over all accounts, last 7 days: one entry per attempt that counts"""
    busy_today: int = 0
    reached_contact_today: int = 0
    reached_account_today: int = 0
    conversation_on: date | None = None
    """the account's last conversation with the right person"""
    spoken_today: bool = False
    """a closing disposition today ended the need for the letter"""
    automatic_on: date | None = None
    """the address's last automatic letter of any kind"""
    dunned_on: date | None = None
    """the address's last dunning letter, automatic or by hand"""
    # the rep (calls)
    duty: Duty | None = None
    """None: the account has no rep"""
    rep_attempts_today: int = 0


class Rule(NamedTuple):
    """A row of the table: for each purpose what it says, None for "does not speak"."""

    name: str


LASTING: tuple[Rule, ...] = ()
"""house, account, number or address, mail gap: what a plan asks"""
MOMENTARY: tuple[Rule, ...] = ()
"""hours, caps, attempt in doubt, duty: asked besides when an attempt is committed"""
ALL: tuple[Rule, ...] = ()


def about(step: Step, channel: Channel) -> Question:
    """The question a step asks on one of its sides."""
    return Question(step.purpose, channel, step.name)


def ask(
    question: Question, standing: Standing, now: datetime, policy: Policy, rules: Sequence[Rule] = ALL
) -> Answer:
    """The deciding answer: the first no, else the defer that lasts longest, else yes."""
    raise NotImplementedError


def every(
    question: Question, standing: Standing, now: datetime, policy: Policy, rules: Sequence[Rule] = ALL
) -> list[Answer]:
    """Every rule that spoke, in the table's order; empty: yes (for `outreach why`)."""
    raise NotImplementedError
