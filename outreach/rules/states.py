"""The lives of calls, letters: ranks and the one guard that moves them (promise P5, design.md 4)."""

from typing import Literal

CALL_RANKS = {"requested": 0, "sending": 1, "unknown": 2, "accepted": 3, "bridging": 4, "ended": 5}
CALL_ENDS = frozenset({"ended", "refused", "not_placed"})
CALL_LIVE = frozenset({"requested", "sending", "unknown", "accepted", "bridging"})
LETTER_RANKS = {
    "sending": 0,
    "unknown": 1,
    "unconfirmed": 2,
    "accepted": 3,
    "deferred": 4,
    "delivered": 5,
    "bounced": 6,
}
LETTER_ENDS = frozenset({"bounced", "refused", "dropped"})

Progress = Literal["placing", "queued", "ringing", "connected", "ended", "unknown"]


def may_move_call(old: str, new: str) -> bool:
    """Whether a call may go from one state to another: only up, and never out of an end."""
    raise NotImplementedError


def may_move_letter(old: str, new: str) -> bool:
    """Whether a letter may go from one state to another."""
    raise NotImplementedError


def progress(state: str, carrier_word: str | None = None) -> Progress:
    """What people see of a call; `carrier_word` is the last word on the customer's leg."""
    raise NotImplementedError
