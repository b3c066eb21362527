"""What the gate is asked, what it weighs, and what it answers."""

from datetime import date, datetime
from typing import Literal, NamedTuple

from outreach.rules.commitments import Cover
from outreach.rules.hours import Duty
from outreach.rules.policy import Policy
from outreach.rules.steps import Channel, Purpose, Step
from outreach.rules.zones import Place


class Answer(NamedTuple):
    """`until`: when to ask again; None with a defer: once the ledger or a person has changed something."""

    answer: Literal["yes", "defer", "no"]
    rule: str
    until: datetime | None
    words: str


YES = Answer("yes", "", None, "")


def no(rule: str, words: str, until: datetime | None = None) -> Answer:
    return Answer("no", rule, until, words)


def defer(rule: str, until: datetime | None, words: str) -> Answer:
    return Answer("defer", rule, until, words)


def day_words(on: date) -> str:
    """`"Fri Nov 27"`"""
    return f"{on:%a %b} {on.day}"


class Question(NamedTuple):
    """What would be done. `step` is empty for a copy or answer that a person sends beside the playbook."""

    purpose: Purpose
    channel: Channel
    step: str = ""
    by_hand: bool = False
    """a person writes and sends the letter; calls always are by a person"""
    rides: bool = False
    """on a call that is made for another reason anyway"""

    @classmethod
    def about(cls, step: Step, channel: Channel, *, by_hand: bool = False, rides: bool = False) -> "Question":
        """The question a step asks on one of its sides."""
        return cls(step.purpose, channel, step.name, by_hand, rides)


class Standing(NamedTuple):
    """Every fact the gate weighs for one firing on one channel, read at one moment (ledger.standing)."""

    # the house
    kill_switch: bool = False
    paused: str = ""
    """why this step or channel is paused"""
    ledger_as_of: date | None = None
    """of the newest import; None: there is none"""
    untied: str = ""
    """a file whose control total differs and that no supervisor has acknowledged"""

    # the account
    barred: Literal["", "legal hold", "insolvency", "outside agency"] = ""
    cover: Cover = Cover.ASKED
    """of what the firing is about: PlanDay.invoice_cover, .account_cover; a reminder's own commitment"""
    covered_until: date | None = None
    """the last day of the hold that covers it, where it has one"""
    total_open: int = 0
    """of the account, less credits; the largest of its currencies"""
    reply_waiting: bool = False
    conversation_on: date | None = None
    """the account's last conversation with the right person"""
    spoken_today: bool = False
    """a closing disposition has ended the firing's call side today"""

    # the number or address
    destination: str = ""
    """E.164 or the normalized address; empty: there is none"""
    not_allowed: str = ""
    """numbers.number_problem, or that it is no contact's of this account"""
    opted_out: bool = False
    """the contact's do-not-call or do-not-mail, by channel"""
    suppressed: str = ""
    """why"""
    bad: str = ""
    """why"""
    attempt: Literal["", "live", "in doubt"] = ""
    place: Place = Place()

    # how often, by the organization's dates
    rang: tuple[date, ...] = ()
    """at this number over all accounts, the last 7 days: a date for each attempt that counts"""
    rang_account: tuple[date, ...] = ()
    """likewise for this account, whatever the number"""
    busy_today: int = 0
    """at this number"""
    reached_contact_today: int = 0
    """at this number over all accounts"""
    reached_account_today: int = 0
    """likewise for this account, whatever the number"""
    automatic_on: date | None = None
    """the address's last automatic letter of any kind"""
    dunned_on: date | None = None
    """the address's last dunning letter, automatic or by hand"""

    # the rep
    duty: Duty | None = None
    """None: the account has no rep"""
    rep_attempts_today: int = 0


class Case(NamedTuple):
    """A question, its facts and its moment: what each rule looks at."""

    question: Question
    standing: Standing
    now: datetime
    today: date
    policy: Policy

    @property
    def is_call(self) -> bool:
        return self.question.channel is Channel.CALL

    @property
    def thing(self) -> str:
        """What the channel's destination is called."""
        return "number" if self.is_call else "address"
