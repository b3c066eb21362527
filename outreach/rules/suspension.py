"""A suspension case: its states, and the one guard that moves it (product.md 5).

Nobody's service is cut by a machine: people recommend, approve and confirm, and operations act. Every row of
`MOVES` says from where, to where, by whom, and whether a document must be attached.
"""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import NamedTuple


class State(StrEnum):
    """Where a case stands. `none` is the account of which there is no case."""

    NONE = "none"
    CANDIDATE = "candidate"
    RECOMMENDED = "recommended"
    APPROVED = "approved"
    NOTICED = "noticed"
    WARNED = "warned"
    DUE = "due"
    SUSPENDED = "suspended"
    REINSTATED = "reinstated"
    WITHDRAWN = "withdrawn"


class Event(StrEnum):
    """What happens to a case. The ledger keeps it by its value."""

    FOUND = "found"
    RECOMMENDED = "recommended"
    APPROVED = "approved"
    DELIVERED = "notice delivered"
    POSTED = "notice posted"
    BOUNCED = "notice came back"
    LATER = "later notice delivered"
    LATER_POSTED = "later notice posted"
    LATER_BOUNCED = "later notice came back"
    WARNED = "final warning delivered"
    WARNING_POSTED = "final warning posted"
    WARNING_BOUNCED = "final warning came back"
    PAID_IN_PART = "part payment"
    FELL_DUE = "fell due"
    CONFIRMED = "suspension ordered"
    SUSPENDED = "suspended by operations"
    RECALLED = "reinstatement ordered"
    REINSTATED = "reinstated by operations"
    WITHDRAWN = "withdrawn"
    ENDED = "ended"


class Role(StrEnum):
    """Who acts. An admin acts as a supervisor."""

    OUTREACH = "outreach"
    REP = "rep"
    SUPERVISOR = "supervisor"
    OPERATIONS = "operations"


class Move(NamedTuple):
    """One row of the table."""

    sources: frozenset[State]
    target: State | None
    """None: the state stays, and the event is kept"""
    roles: frozenset[Role]
    attached: bool = False
    """a document must be attached by who acts; without it the case sheet of the moment is the document"""


class Act(NamedTuple):
    """Somebody's doing, as the guard judges it."""

    actor: str
    role: Role
    reason: str
    attached: bool = False


class NotAllowed(ValueError):
    """The case may not go there, or not by them; the sentence says what to do."""


def _states(*states: State) -> frozenset[State]:
    return frozenset(states)


_OUTREACH = frozenset({Role.OUTREACH})
_STAFF = frozenset({Role.REP, Role.SUPERVISOR})
_SUPERVISOR = frozenset({Role.SUPERVISOR})
_OPERATIONS = frozenset({Role.OPERATIONS, Role.SUPERVISOR})
_FINDERS = _OUTREACH | _STAFF

_RUNNING = _states(State.APPROVED, State.NOTICED, State.WARNED, State.DUE)
_TOLD = _states(State.NOTICED, State.WARNED)
_BEFORE_THE_CUT = _RUNNING | _states(State.CANDIDATE, State.RECOMMENDED)

MOVES: Mapping[Event, Move] = MappingProxyType(
    {
        Event.FOUND: Move(_states(State.NONE), State.CANDIDATE, _FINDERS),
        Event.RECOMMENDED: Move(_states(State.CANDIDATE), State.RECOMMENDED, _STAFF),
        Event.APPROVED: Move(_states(State.RECOMMENDED), State.APPROVED, _SUPERVISOR),
        Event.DELIVERED: Move(_states(State.APPROVED), State.NOTICED, _OUTREACH),
        Event.POSTED: Move(_states(State.APPROVED), State.NOTICED, _STAFF, attached=True),
        Event.BOUNCED: Move(_RUNNING, State.APPROVED, _OUTREACH),
        Event.LATER: Move(_TOLD, None, _OUTREACH),
        Event.LATER_POSTED: Move(_TOLD, None, _STAFF, attached=True),
        Event.LATER_BOUNCED: Move(_TOLD, None, _OUTREACH),
        Event.WARNED: Move(_states(State.NOTICED), State.WARNED, _OUTREACH),
        Event.WARNING_POSTED: Move(_states(State.NOTICED), State.WARNED, _STAFF, attached=True),
        Event.WARNING_BOUNCED: Move(_TOLD | {State.DUE}, State.NOTICED, _OUTREACH),
        Event.PAID_IN_PART: Move(_RUNNING, None, _OUTREACH),
        Event.FELL_DUE: Move(_states(State.WARNED), State.DUE, _OUTREACH),
        Event.CONFIRMED: Move(_states(State.DUE), None, _SUPERVISOR),
        Event.SUSPENDED: Move(_states(State.DUE), State.SUSPENDED, _OPERATIONS, attached=True),
        Event.RECALLED: Move(_states(State.SUSPENDED), None, _SUPERVISOR),
        Event.REINSTATED: Move(_states(State.SUSPENDED), State.REINSTATED, _OPERATIONS, attached=True),
        Event.WITHDRAWN: Move(_BEFORE_THE_CUT, State.WITHDRAWN, _SUPERVISOR),
        Event.ENDED: Move(_BEFORE_THE_CUT, State.WITHDRAWN, _OUTREACH),
    }
)
"""event -> its row"""

CLOSED = _states(State.NONE, State.REINSTATED, State.WITHDRAWN)
"""states in which an account may become a candidate (again)"""

_WHO = {Role.OUTREACH: "outreach itself", Role.REP: "a rep", Role.SUPERVISOR: "a supervisor"}


def move(state: State, event: Event, act: Act, *, not_by: str = "") -> State:
    """The state after an event: the only guard of a case. Raises NotAllowed.

    `not_by`: who has recommended or ordered it and may not be the one who decides now.
    """
    row = MOVES[event]
    if act.role not in row.roles:
        who = " or ".join(_WHO.get(role, role.value) for role in Role if role in row.roles)
        raise NotAllowed(f"That is not for {act.actor} to do: ask {who}.")
    if state not in row.sources:
        where = " or ".join(one.value for one in State if one in row.sources)
        raise NotAllowed(f"The case is {state.value}: this is for a case that is {where}.")
    if not_by and act.actor == not_by:
        raise NotAllowed(f"{act.actor} has recommended it: another supervisor must approve.")
    if not act.reason.strip():
        raise NotAllowed("Say why: every step of a case has its reason.")
    if row.attached and not act.attached:
        raise NotAllowed("Attach the document that shows it.")
    return row.target or state


def role_of(role: str) -> Role:
    """The role in which a person acts, by that of their login."""
    return Role.REP if role == "rep" else Role.SUPERVISOR


def possible(state: State, role: Role) -> tuple[Event, ...]:
    """What somebody of a role may do to a case in a state, in the table's order."""
    return tuple(event for event, row in MOVES.items() if role in row.roles and state in row.sources)
