"""The life of a recommendation to an outside agency or a lien: the one guard of its states (product.md 4)."""

from collections.abc import Mapping
from typing import Literal, get_args

State = Literal["requested", "approved", "rejected", "placed", "recalled"]
STATES: tuple[State, ...] = get_args(State)
LIVE: tuple[State, ...] = ("requested", "approved", "placed")
"""an account has at most one that is in one of these"""

_MOVES: Mapping[str, frozenset[State]] = {
    "requested": frozenset({"approved", "rejected"}),
    "approved": frozenset({"placed", "rejected"}),
    "placed": frozenset({"recalled"}),
}


def may_move(old: str, new: State) -> bool:
    """Whether it may go from one state to another: rejected and recalled are ends."""
    return new in _MOVES.get(old, ())
