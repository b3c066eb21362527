"""How people and mailboxes behave: a pure function of the seed and the number or address (interface.md).

The shares are a field guess for accounts-payable desks: half of the calls reach nobody, four
in ten a person.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from outreach.sandbox.chance import pick, unit

# The rep's own phone, by script only: `presses` answers and presses 1, `ignores` answers and presses
# nothing, `voicemail` is the rep's own voicemail, `hangs-up` presses 1 and leaves while the customer's rings.
REPS = ("presses", "ignores", "voicemail", "hangs-up", "no-answer", "busy", "failed")

# `answered` is picked up without any result of machine detection.
CALLEES: Mapping[str, float] = {
    "human": 0.36,
    "answered": 0.07,
    "machine": 0.27,
    "no-answer": 0.16,
    "busy": 0.04,
    "bad-number": 0.03,
    "blocked": 0.015,
    "fax": 0.015,
    "failed": 0.04,
}

MAILBOXES: Mapping[str, float] = {
    "delivered": 0.62,
    "opened": 0.24,
    "deferred": 0.06,  # then delivered
    "bounced": 0.03,  # hard: the address is suppressed from then on
    "blocked": 0.02,  # soft: refused this time
    "dropped": 0.02,
    "complained": 0.01,
}
# By script only: an opt-out, and the bounce that comes after `delivered` and lost our ids on its way.
SCRIPTED_MAILBOXES = ("unsubscribed", "bounced-late")


# By script only: how a provider of mail refuses everything of a sender (providers.md B 2.1 and 2.4). The
# names are of SES's errors; 403 is SendGrid's, of a sender it has not verified.
SES_REFUSALS: Mapping[str, tuple[int, str]] = {
    "MessageRejected": (400, "Email address is not verified."),
    "MailFromDomainNotVerifiedException": (400, "The MAIL FROM domain is not verified."),
    "AccountSuspendedException": (400, "The account's ability to send email has been suspended."),
    "SendingPausedException": (400, "Sending is paused for this account."),
    "LimitExceededException": (400, "The daily message quota is exceeded."),
    "NotFoundException": (404, "The configuration set does not exist."),
}
SENDERS = ("403", *SES_REFUSALS)


@dataclass(frozen=True)
class Script:
    """Behaviours by number or address: the n-th attempt meets the n-th, and the last for ever after.

    A sender behaves as the first word says until the script is replaced.
    """

    reps: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    numbers: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    addresses: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    senders: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass
class People:
    """Everybody there is. `nth` counts the attempts on that number or address from 0."""

    seed: int = 1
    script: Script = field(default_factory=Script)
    call_backs: float = 0.0
    """share of those not reached who call back"""

    def rep(self, number: str, nth: int) -> str:
        return _scripted(self.script.reps, number, nth) or "presses"

    def agent(self, login: str) -> bool:
        """Whether the rep is at hand for a customer who was rung first; by script (`no-answer`) not."""
        return self.rep(login, 0) in ("presses", "hangs-up")

    def callee(self, number: str, nth: int) -> str:
        scripted = _scripted(self.script.numbers, number, nth)
        return scripted or pick(unit(self.seed, number), CALLEES) or "failed"

    def mailbox(self, address: str, nth: int) -> str:
        scripted = _scripted(self.script.addresses, address.lower(), nth)
        return scripted or pick(unit(self.seed, address.lower()), MAILBOXES) or "delivered"

    def sender(self, address: str) -> str | None:
        """How everything of this sender is refused, by script."""
        return _scripted(self.script.senders, address.lower(), 0)

    def between(self, low: float, high: float, *words: object) -> float:
        """Seconds of a life between `low` and `high`, always the same for the same words."""
        return low + (high - low) * unit(self.seed, *words)


def _scripted(part: Mapping[str, tuple[str, ...]], name: str, nth: int) -> str | None:
    behaviours = part.get(name)
    return behaviours[min(nth, len(behaviours) - 1)] if behaviours else None
