"""The carrier's port: facts in, an answer out. An adapter sees no ledger and adds no policy.

Everything that matters is in the types of the answers: a phone rings (`Placed`), the rep's browser must start
it (`HandOff`), certainly nothing rang (`Refused`), or nobody knows (`Unknown`).
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal, Protocol

RefusedWhy = Literal["throttled", "unreachable", "rep phone", "bad number", "blocked", "settings", "failed"]
LegOf = Literal["rep", "customer"]
Ended = Literal["completed", "busy", "no_answer", "failed", "canceled", "abandoned", "not_placed"]
"""abandoned: answered, and no rep joined; not_placed: dropped before anything was dialled"""
LegState = Literal["queued", "ringing", "connected"] | Ended
Answerer = Literal["human", "machine", "fax", "unknown"]
LegTrouble = Literal["bad number", "blocked"]
"""a leg that failed for its number's sake"""


@dataclass(frozen=True, slots=True)
class CallOrder:
    """What the gate decided. A bridge rings `rep_phone` first; `to` is rung only when our answer says so.

    Where the customer is rung first, `rep` is the login of the agent who takes the call.
    """

    attempt_id: str
    """ours; travels in every callback URL, and is how a report finds its attempt"""
    rep_phone: str
    to: str
    caller_id: str
    """E.164, from the allow-list of the installation"""
    ring_seconds: int = 30
    rep: str = ""


@dataclass(frozen=True, slots=True)
class Placed:
    """The carrier took the order: a phone rings or will ring."""

    call_id: str


@dataclass(frozen=True, slots=True)
class HandOff:
    """The rep's browser must start the call with this payload before `expires_at`."""

    kind: str
    payload: dict[str, str] = field(repr=False)
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Refused:
    """Certainly no call. `why` says whose trouble it is, `detail` what to do, in one sentence."""

    why: RefusedWhy
    detail: str
    retry_after: timedelta | None = None


@dataclass(frozen=True, slots=True)
class Unknown:
    """A phone may be ringing or not. Never tried again: only `find` or a report settles it."""

    detail: str


Answer = Placed | HandOff | Refused | Unknown


@dataclass(frozen=True, slots=True)
class Leg:
    """One leg of a call as the carrier tells it when asked."""

    call_id: str
    of: LegOf
    state: LegState
    to: str
    created_at: datetime | None
    answered_by: Answerer | None = None
    trouble: LegTrouble | None = None
    seconds: int | None = None
    ended_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Sound:
    """A recording as it was fetched. `media_type` is what its own bytes say, not its sender."""

    content: bytes = field(repr=False)
    media_type: str


class CarrierError(Exception):
    """The carrier could not be asked, or its answer not read: nothing is known more than before."""


class NoSoundError(CarrierError):
    """The carrier has no such recording, or not yet."""


class Carrier(Protocol):
    """A carrier. `place` never raises for a carrier's answer; the others raise CarrierError."""

    name: str
    interval: timedelta
    """how far apart requests to place a call must be"""
    rings_first: LegOf
    """whose phone the request itself rings. If the customer's, nothing is asked of us after it: the claim is
    the gate's last word, and the rep needs no phone number of their own"""

    def place(self, order: CallOrder) -> Answer:
        """Send the one request. Timeouts and unreadable answers are Unknown, never retried."""
        ...

    def find(self, order: CallOrder, since: datetime) -> list[Leg]:
        """The candidates of an attempt in doubt, created since (wall time), newest first: first legs to the
        same phone from the same caller id. A carrier that echoes our id names the attempt's own alone; of
        the others the caller decides whose they are."""
        ...

    def legs(self, call_id: str) -> list[Leg]:
        """The rep's leg, if there is one, and the customer's, as they stand now; [] for no such call."""
        ...

    def end(self, call_id: str) -> None:
        """Hang up. Idempotent: a call that has already ended is a success."""
        ...

    def recording(self, ref: str) -> Sound:
        """The sound that a caller left, by the carrier's id of it, from our own account only.

        Raises NoSoundError where there is none, or not yet.
        """
        ...
