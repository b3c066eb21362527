"""People who call back after they were not reached: who, when, from which phone, and what they say."""

from dataclasses import dataclass

from outreach.sandbox.people import People

SOON, LATER = 120.0, 1200.0
"""seconds of a life until they call"""
FROM_ELSEWHERE, WITHHELD, SILENT = 0.15, 0.05, 0.1
"""of those who call: from a phone nobody knows, without a number, and saying nothing after the tone"""
NO_NUMBER = "+266696687"  # what Twilio shows instead: ANONYMOUS on the keys
MESSAGES = (
    "Hi, this is {name} in accounts payable. I missed your call about our invoices. Please call me back.",
    "Hello, {name} here. Both invoices go out with our payment run on Friday. No need to call again.",
    "This is {name}. We never received that invoice, could you send it once more? Thank you.",
    "Hi, it's {name}. The amount on the last invoice does not match our purchase order. Please call me.",
    "{name} here, returning your call. I am at my desk until four.",
    "Good afternoon, this is {name}. We paid that one last week by A C H, please check on your side.",
)
NAMES = ("Alex", "Dana", "Frankie", "Harper", "Jules", "Morgan", "Noor", "Robin")


@dataclass(frozen=True)
class Caller:
    """Somebody about to call. `says` is empty for those who hang up at the tone."""

    number: str
    says: str
    after: float = 0.0


def calls_back(people: People, number: str, nth: int) -> Caller | None:
    """Whoever was at `number` when its `nth` call (from 0) reached nobody; the first only is called back."""
    if nth or people.between(0, 1, number, "calls back") >= people.call_backs:
        return None
    phone = people.between(0, 1, number, "phone")
    if phone < FROM_ELSEWHERE:
        shown = f"{number[:5]}55501{95 + int(people.between(0, 5, number, 'line'))}"
    else:
        shown = NO_NUMBER if phone < FROM_ELSEWHERE + WITHHELD else number
    return Caller(shown, _words(people, number), people.between(SOON, LATER, number, "call after"))


def _words(people: People, number: str) -> str:
    if people.between(0, 1, number, "silent") < SILENT:
        return ""
    message = MESSAGES[int(people.between(0, len(MESSAGES), number, "message"))]
    return message.format(name=NAMES[int(people.between(0, len(NAMES), number, "name"))])
