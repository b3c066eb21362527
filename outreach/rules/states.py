"""The lives of calls and letters: ranks, and the one guard that moves them (promise P5, design.md 4)."""

from collections.abc import Mapping
from typing import Literal

CALL_RANKS: Mapping[str, int] = {
    "requested": 0,
    "sending": 1,
    "unknown": 2,
    "accepted": 3,
    "bridging": 4,
    "ended": 5,
}
CALL_EXITS: Mapping[str, frozenset[str]] = {
    "refused": frozenset({"sending", "unknown"}),
    "not_placed": frozenset({"requested", "sending", "unknown"}),
}
"""ends beside the ranks, and the states they may be reached from: while nothing is known to have rung"""
CALL_LIVE = frozenset({"requested", "sending", "unknown", "accepted", "bridging"})

LETTER_RANKS: Mapping[str, int] = {
    "sending": 0,
    "unknown": 1,
    "unconfirmed": 2,
    "accepted": 3,
    "deferred": 4,
    "delivered": 5,
    "bounced": 6,
}
LETTER_EXITS: Mapping[str, frozenset[str]] = {
    "refused": frozenset({"sending", "unknown"}),
    "dropped": frozenset({"sending", "unknown", "unconfirmed", "accepted", "deferred"}),
}

Progress = Literal["placing", "queued", "ringing", "connected", "ended", "unknown"]

_IN_THE_AIR: Mapping[str | None, Progress] = {"ringing": "ringing", "connected": "connected"}


def may_move_call(old: str, new: str) -> bool:
    """Whether a call may go from one state to another: only up, and never out of an end."""
    return _may_move(CALL_RANKS, CALL_EXITS, old, new)


def may_move_letter(old: str, new: str) -> bool:
    """Whether a letter may go from one state to another: only up; a bounce may follow the delivery."""
    return _may_move(LETTER_RANKS, LETTER_EXITS, old, new)


def progress(state: str, carrier_word: str | None = None) -> Progress:
    """What people see of a call; `carrier_word` is the carrier's last word on the customer's leg."""
    if state == "unknown":
        return "unknown"
    if state in ("requested", "sending"):
        return "placing"
    return _IN_THE_AIR.get(carrier_word, "queued") if state in CALL_LIVE else "ended"


def _may_move(ranks: Mapping[str, int], exits: Mapping[str, frozenset[str]], old: str, new: str) -> bool:
    if old not in ranks:  # an exit is an end
        return False
    return old in exits[new] if new in exits else ranks[new] > ranks[old]
