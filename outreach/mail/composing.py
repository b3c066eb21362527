"""From facts to a letter: subject, plain text and HTML, with the headers that automatic mail carries."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cache
from operator import attrgetter

from outreach.mail.facts import Facts
from outreach.mail.letter_templates import LetterError, Templates, render, render_block
from outreach.rules.policy import Organization
from outreach.rules.steps import (
    ANSWER,
    BROKEN_PROMISE,
    FINAL_CHECK,
    FINAL_OVERDUE,
    INSTALMENT_CHECK,
    PRE_DUE_3,
    PRE_DUE_7,
    PROMISE_CHECK,
    STEPS,
    SUSPENSION_2,
    SUSPENSION_FINAL,
    Purpose,
)

REPLY_ABOVE = "Please reply above this line"
"""The marker below which everything in a reply is our own letter, quoted."""

HEADERS = {
    "Auto-Submitted": "auto-generated",  # RFC 3834: out-of-office machines should not answer
    "X-Auto-Response-Suppress": "OOF, AutoReply",
}


SUBJECTS: Sequence[tuple[str, Callable[[Facts], object], str]] = (
    (PRE_DUE_7.name, attrgetter("coming"), "no invoice of it comes due"),
    (PRE_DUE_3.name, attrgetter("coming"), "no invoice of it comes due"),
    (PROMISE_CHECK.name, attrgetter("promised"), "no promise is open"),
    (BROKEN_PROMISE.name, attrgetter("broken"), "no promise is broken"),
    (INSTALMENT_CHECK.name, attrgetter("instalment"), "no instalment comes due"),
    (FINAL_CHECK.name, attrgetter("finals"), "there is no final invoice"),
    (FINAL_OVERDUE.name, attrgetter("finals"), "there is no final invoice"),
    (ANSWER.name, attrgetter("answer"), "no answer has been written"),
)
"""What a step's letter is about, and the words where it is not there."""


@dataclass(frozen=True, slots=True)
class Letterhead:
    """What templates know of us, as `we`."""

    name: str
    letters_from: str
    pay_link: str
    remittance: str
    postal_address: str
    reply_above: str = REPLY_ABOVE

    @classmethod
    def of(cls, organization: Organization) -> "Letterhead":
        return cls(
            organization.name,
            organization.letters_from or organization.name,
            organization.pay_link,
            organization.remittance,
            organization.postal_address,
        )


@dataclass(frozen=True, slots=True)
class Composed:
    """A letter's words in both forms, and the template and version that made them."""

    subject: str
    text: str = field(repr=False)
    html: str = field(repr=False)
    template: str


@cache
def shipped() -> Templates:
    """The templates that come with outreach, compiled once a process."""
    return Templates()


def compose(facts: Facts, we: Letterhead, templates: Templates) -> Composed:
    """Write the letter. Raises LetterError for a missing fact, or for a name that would forge a header."""
    pair = templates.of(facts.step)
    if why := _missing(facts):
        raise LetterError(why)
    values = {"letter": facts, "we": we}
    return Composed(
        subject=one_line(render_block(pair.text, "subject", values), "the subject"),
        text=render(pair.text, values),
        html=render(pair.html, values),
        template=f"{facts.step}@{templates.version}",
    )


def _missing(facts: Facts) -> str:
    """Why there is nothing to write about, in words; empty: all that the step speaks of is there."""
    step, purpose = facts.step, STEPS[facts.step].purpose
    if purpose in (Purpose.DUNNING, Purpose.NOTICE) and not facts.asked:
        return "nothing is past due and asked: there is nothing to ask for"
    if purpose is Purpose.NOTICE and facts.case is None:
        return "there is no approved case: no letter may speak of suspension without one"
    if step in (SUSPENSION_2.name, SUSPENSION_FINAL.name) and not (facts.case and facts.case.deadline_on):
        return "the first notice has not been delivered yet: there is no deadline"
    return next((words for name, is_there, words in SUBJECTS if name == step and not is_there(facts)), "")


def one_line(value: str, what: str) -> str:
    """A header's value as it is. Raises LetterError where a control character would end or forge it."""
    if any(ord(character) < 32 or ord(character) in (127, 0x85, 0x2028, 0x2029) for character in value):
        raise LetterError(f"{what} holds a line break or control character: {value!r}")
    return value
