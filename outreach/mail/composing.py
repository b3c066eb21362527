"""From facts to a letter: subject, plain text and HTML, with the headers that automatic mail carries."""

from dataclasses import dataclass, field
from datetime import date
from functools import cache

from sqlalchemy.orm import Session

from outreach.ledger import policies
from outreach.mail.facts import Facts
from outreach.mail.gathering import gather, imagine
from outreach.mail.letter_templates import LetterError, Templates, render, render_block
from outreach.rules.policy import Organization
from outreach.rules.steps import STEPS, Purpose

REPLY_ABOVE = "Please reply above this line"
"""The marker below which everything in a reply is our own letter, quoted."""

HEADERS = {
    "Auto-Submitted": "auto-generated",  # RFC 3834: out-of-office machines should not answer
    "X-Auto-Response-Suppress": "OOF, AutoReply",
}


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
    if STEPS[facts.step].purpose is Purpose.DUNNING and not facts.past_due:
        raise LetterError("nothing is past due: there is nothing to ask for")
    pair = templates.of(facts.step)
    values = {"letter": facts, "we": we}
    return Composed(
        subject=one_line(render_block(pair.text, "subject", values), "the subject"),
        text=render(pair.text, values),
        html=render(pair.html, values),
        template=f"{facts.step}@{templates.version}",
    )


def preview(session: Session, step: str, account_number: str, on: date) -> str:
    """What would go to an account for a step on a day: its head and plain text. Nothing is decided by it.

    Raises LetterError for an account or a step that does not exist.
    """
    policy = policies.in_force(session).policy
    facts = gather(session, [imagine(session, step, account_number, policy)], on)[0]
    composed = compose(facts, Letterhead.of(policy.organization), shipped())
    to = f"{facts.contact} <{facts.address}>" if facts.contact else facts.address or "(there is no address)"
    return f"To: {to}\nSubject: {composed.subject}\n\n{composed.text}"


def one_line(value: str, what: str) -> str:
    """A header's value as it is. Raises LetterError where a control character would end or forge it."""
    if any(ord(character) < 32 or ord(character) in (127, 0x85, 0x2028, 0x2029) for character in value):
        raise LetterError(f"{what} holds a line break or control character: {value!r}")
    return value
